public import Vocabulary

/// What can go wrong between an operator and a host.
public enum SSHError: Error, Hashable, Sendable {
    /// The phase that took too long.
    public enum Phase: String, Hashable, Sendable {
        case connect, handshake, authentication, exec, keepAlive = "keep-alive"
    }

    /// A host's key, as it is shown to somebody who must decide about it.
    public struct HostKey: Hashable, Sendable {
        public var host: String
        public var type: String
        /// `SHA256:…`, as ssh-keygen prints it.
        public var fingerprint: String

        public init(host: String, type: String, fingerprint: String) {
            self.host = host
            self.type = type
            self.fingerprint = fingerprint
        }
    }

    // Reaching it
    case nameUnknown(host: String, reason: String)
    case unreachable(address: String, reason: String)
    case refused(address: String)
    case timedOut(Phase, address: String, after: Duration)
    case negotiationFailed(address: String, reason: String)
    case disconnected(address: String, reason: String)

    // Being sure of it
    case hostKeyUnknown(HostKey, files: [String])
    case hostKeyChanged(HostKey, known: SourcePlace)
    case hostKeyRevoked(HostKey, by: SourcePlace)
    /// The host is known only by kinds of keys that libssh2 cannot check.
    case hostKeyUnsupported(host: String, types: [String], known: SourcePlace)
    case knownHostsUnusable(file: String, reason: String)

    // Being let in
    case authenticationFailed(user: String, address: String, tried: [String])
    case identityUnusable(path: String, reason: String)
    case passphraseNeeded(path: String)
    case passphraseWrong(path: String)
    case rsaUnsupported(path: String)
    case agentUnusable(socket: String, reason: String)
    /// Something only OpenSSH's own client can do.
    case unsupported(what: String)

    // Using it
    case channelRefused(address: String, reason: String)
    case execRefused(address: String)
    /// The channel has closed, and the host has sent neither exit status nor signal.
    case exitUnknown(address: String)
    /// One request failed, in libssh2's own words; the connection goes on.
    case sessionFailed(address: String, reason: String)
    case transferFailed(path: String, reason: String)
    /// This side has closed the channel or the connection.
    case closed
}

extension SSHError {
    /// The same for an operator.
    ///
    /// - Parameter subject: whom it concerns, such as `host app-1`.
    public func diagnostic(subject: String? = nil) -> Diagnostic {
        var diagnostic = SSHDiagnostics.describe(self)
        diagnostic.subject = subject
        return diagnostic
    }
}
