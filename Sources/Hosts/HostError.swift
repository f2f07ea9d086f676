public import Vocabulary

/// What can go wrong between the controller and a host, as far as a caller can tell it apart.
///
/// A script that fails is no error of the host: it is a ``ScriptResult`` with its status.
public enum HostError: Error, Hashable, Sendable {
    /// Why there is no connection, and what to do about it.
    public struct Reason: Hashable, Sendable, ExpressibleByStringLiteral {
        public var message: String
        public var help: String?

        public init(_ message: String, help: String? = nil) {
            self.message = message
            self.help = help
        }

        public init(stringLiteral value: String) {
            self.init(value)
        }
    }

    public enum SudoProblem: Hashable, Sendable {
        /// There is no such program.
        case missing
        /// It wants a password and none was given.
        case passwordNeeded
        case passwordWrong
        /// The user may not become root.
        case notAllowed(String)
        case other(String)
    }

    /// Nothing answers at its address, or not in time.
    case unreachable(Reason)
    /// The host does not accept the user or the key.
    case authentication(Reason)
    /// The host is not known, or is not the one that is known.
    case hostKey(Reason)
    /// The transport cannot do what this host asks for.
    case unsupported(Reason)
    case sudo(SudoProblem)
    /// The connection was lost, or closed from this side.
    case disconnected(String)
    /// A script took longer than it may and was ended.
    case timedOut(Duration)
    case outputTooLarge(limit: ByteCount)
    /// What the host sent is not an answer of its shell.
    case protocolViolation(String)
    /// A file could not be brought to or from the host.
    case transferFailed(path: String, String)
}

extension HostError {
    public var status: ExitStatus { code.status }

    var code: Diagnostic.Code {
        switch self {
        case .unreachable: .hostUnreachable
        case .authentication: .loginRefused
        case .hostKey: .hostKeyRefused
        case .unsupported: .transportUnsuitable
        case .sudo: .sudoRefused
        case .disconnected: .connectionLost
        case .timedOut: .scriptTimedOut
        case .outputTooLarge: .outputTooLarge
        case .protocolViolation: .shellMisbehaves
        case .transferFailed: .transferFailed
        }
    }

    /// One sentence without a full stop.
    public var message: String {
        switch self {
        case .unreachable(let reason): "cannot be reached: \(reason.message.visible)"
        case .authentication(let reason): "login was refused: \(reason.message.visible)"
        case .hostKey(let reason): reason.message.visible
        case .unsupported(let reason): reason.message.visible
        case .sudo(let problem): problem.message
        case .disconnected(let reason): "the connection was lost: \(reason.visible)"
        case .timedOut(let limit): "a script was ended, as it took longer than \(limit.brief)"
        case .outputTooLarge(let limit): "a script was ended, as it printed more than \(limit)"
        case .protocolViolation(let reason): "its shell does not answer as one: \(reason.visible)"
        case .transferFailed(let path, let reason):
            "`\(path.visible)` could not be transferred: \(reason.visible)"
        }
    }

    private var help: String? {
        switch self {
        case .unreachable(let reason), .authentication(let reason), .hostKey(let reason),
            .unsupported(let reason):
            reason.help
        case .sudo(let problem): problem.help
        default: nil
        }
    }

    /// As the operator is told.
    public func diagnostic(host: HostName) -> Diagnostic {
        Diagnostic(code, message, subject: "host \(host)", help: help)
    }
}

extension HostError.SudoProblem {
    fileprivate var message: String {
        switch self {
        case .missing: "it has no `sudo`"
        case .passwordNeeded: "its `sudo` wants a password"
        case .passwordWrong: "its `sudo` does not accept the password"
        case .notAllowed(let reason), .other(let reason): "its `sudo` refuses: \(reason.visible)"
        }
    }

    fileprivate var help: String {
        switch self {
        case .missing: "Log in as root, or install sudo."
        case .passwordNeeded:
            "Give the password with `--ask-become-password`, or let the user become root without."
        case .passwordWrong: "It was tried once, so that the account is not locked."
        case .notAllowed: "Let the user become root in /etc/sudoers.d."
        case .other: "Try `sudo -n true` on the host."
        }
    }
}
