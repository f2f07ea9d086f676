internal import SSH

extension HostError {
    /// What finflowctl's own SSH client threw.
    init(ssh error: SSHError) {
        switch error {
        case .nameUnknown, .unreachable, .refused, .timedOut, .negotiationFailed:
            self = .unreachable(error.diagnostic())
        case .disconnected(_, let reason): self = .disconnected(reason)
        case .hostKeyUnknown, .hostKeyChanged, .hostKeyRevoked, .hostKeyUnsupported,
            .knownHostsUnusable:
            self = .hostKey(error.diagnostic())
        case .authenticationFailed, .identityUnusable, .passphraseNeeded, .passphraseWrong,
            .agentUnusable:
            self = .authentication(error.diagnostic())
        case .rsaUnsupported, .unsupported: self = .unsupported(error.diagnostic())
        case .channelRefused(_, let reason):
            self = .protocolViolation("sshd opens no channel: \(reason)")
        case .exitUnknown:
            self = .protocolViolation("sshd does not say how a program ended")
        case .execRefused: self = .protocolViolation("sshd does not start a shell")
        case .transferFailed(let path, let reason):
            self = .transferFailed(path: path, reason)
        case .sessionFailed(_, let reason): self = .protocolViolation(reason)
        case .closed: self = .disconnected("it was closed")
        }
    }
}
