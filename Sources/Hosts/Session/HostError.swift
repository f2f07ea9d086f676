public import Vocabulary

/// What can go wrong between the controller and a host, as far as a caller can tell it apart.
///
/// A script that fails is no error of the host: it is a ``ScriptResult`` with its status.
public enum HostError: Error, Hashable, Sendable {
    public enum SudoProblem: Hashable, Sendable {
        /// There is no such program.
        case missing
        /// It wants a password and none was given.
        case passwordNeeded
        case passwordWrong
        /// The user may not become root.
        case notAllowed(String)
        /// It runs nothing without a terminal: `requiretty`.
        case terminalNeeded
        case other(String)
    }

    /// Nothing answers at its address, or not in time.
    case unreachable(Diagnostic)
    /// The host does not accept the user or the key.
    case authentication(Diagnostic)
    /// The host is not known, or is not the one that is known.
    case hostKey(Diagnostic)
    /// The transport cannot do what this host asks for.
    case unsupported(Diagnostic)
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
    public var status: ExitStatus { diagnostic.status }

    /// As the operator is told.
    public func diagnostic(host: HostName) -> Diagnostic {
        var result = diagnostic
        result.subject = "host \(host)"
        return result
    }

    private var diagnostic: Diagnostic {
        switch self {
        case .unreachable(let diagnostic), .authentication(let diagnostic),
            .hostKey(let diagnostic), .unsupported(let diagnostic):
            diagnostic
        case .sudo(let problem):
            Diagnostic(.sudoRefused, problem.message, help: problem.help)
        case .disconnected(let reason):
            Diagnostic(.connectionLost, "the connection was lost: \(reason.visible)")
        case .timedOut(let limit):
            Diagnostic(
                .scriptTimedOut, "a script was ended, as it took longer than \(limit.brief)")
        case .outputTooLarge(let limit):
            Diagnostic(.outputTooLarge, "a script was ended, as it printed more than \(limit)")
        case .protocolViolation(let reason):
            Diagnostic(.shellMisbehaves, "its shell does not answer as one: \(reason.visible)")
        case .transferFailed(let path, let reason):
            Diagnostic(
                .transferFailed,
                "`\(path.visible)` could not be transferred: \(reason.visible)")
        }
    }
}

extension HostError.SudoProblem {
    fileprivate var message: String {
        switch self {
        case .missing: "it has no `sudo`"
        case .passwordNeeded: "its `sudo` wants a password"
        case .passwordWrong: "its `sudo` does not accept the password"
        case .terminalNeeded: "its `sudo` wants a terminal (`requiretty`), and there is none"
        case .notAllowed(let reason), .other(let reason): "its `sudo` refuses: \(reason.visible)"
        }
    }

    fileprivate var help: String {
        switch self {
        case .missing: "Log in as root, or install sudo."
        case .passwordNeeded:
            "Give the password with `--become-password-file`, or let the user become root without."
        case .passwordWrong: "It was tried once, so that the account is not locked."
        case .terminalNeeded:
            "Say `Defaults:USER !requiretty` in /etc/sudoers.d. What a terminal does to bytes "
                + "would spoil files, so finflowctl opens none."
        case .notAllowed: "Let the user become root in /etc/sudoers.d."
        case .other: "Try `sudo -n true` on the host."
        }
    }
}
