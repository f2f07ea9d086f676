internal import Loop
internal import SSH

extension HostError {
    /// What a transport or its channels throw, as an error of the host.
    init(_ error: any Error) {
        switch error {
        case let error as HostError: self = error
        case let error as SSHError: self = HostError(ssh: error)
        case is FrameReader.Malformed: self = .protocolViolation("it garbles the answers")
        case let error as SystemError: self = .disconnected("\(error)")
        case is InputClosedError: self = .disconnected("the other side closed it")
        case is CancellationError: self = .disconnected("it was closed")
        default: self = .disconnected(String(describing: error))
        }
    }

    /// Whether nothing more can be done over the same connection.
    var endsSession: Bool {
        switch self {
        case .disconnected, .unreachable: true
        default: false
        }
    }
}
