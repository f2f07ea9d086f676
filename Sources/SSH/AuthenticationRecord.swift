/// What was offered to a host, and what could not be.
struct AuthenticationRecord {
    /// Public halves, so that a key which the agent and a file both hold is offered once: a
    /// server ends the connection after a few failures (`MaxAuthTries`).
    var offered: Set<[UInt8]> = []
    /// What stood in the way of a key.
    var failures: [SSHError] = []
    private var names: [String] = []

    /// Notes a key; whether it can be offered at all.
    mutating func accepts(type: String?, name: String) -> Bool {
        switch PrivateKey.suitability(of: type) {
        case .suitable:
            names.append(name)
            return true
        case .rsa: failures.append(.rsaUnsupported(path: name))
        case .unsupported(let what): failures.append(.unsupported(what: "\(what) \(name)"))
        }
        return false
    }

    /// Why nobody was let in: that no key was accepted, or that there was none to offer, and
    /// then the first thing that stood in the way.
    func verdict(on target: SSHTarget) -> SSHError {
        if names.isEmpty || offered.isEmpty && !failures.isEmpty, let first = failures.first {
            return first
        }
        return .authenticationFailed(user: target.user, address: target.address, tried: names)
    }
}
