public import Vocabulary

/// Where and as whom to connect, and how to be sure of either.
public struct SSHTarget: Sendable {
    /// A name or an address.
    public var host: String
    public var port: UInt16
    public var user: String
    /// The name under which known_hosts files know the host, if not `host` (`HostKeyAlias`).
    public var hostKeyAlias: String?
    public var identities: [SSHIdentity]
    /// The agent's socket, whose keys are tried before `identities`; `nil` for no agent.
    public var agent: String?
    /// Of the agent's keys only those that `identities` name (`IdentitiesOnly`).
    public var identitiesOnly = false
    public var knownHosts: [String]
    public var hostKeyPolicy: HostKeyPolicy
    public var timeouts: SSHTimeouts
    /// How long a connection may be silent before its peer is asked whether it is still there.
    public var keepAlive: Duration?
    public var algorithms: SSHAlgorithms

    /// The host through which this one is reached, itself perhaps reached through another.
    public var jump: SSHTarget? {
        get { jumps.first }
        set { jumps = newValue.map { [$0] } ?? [] }
    }

    // At most one: an array gives a value that contains its own kind its indirection.
    private var jumps: [SSHTarget] = []

    public init(
        host: String, port: UInt16 = 22, user: String, identities: [SSHIdentity] = [],
        agent: String? = nil, knownHosts: [String], hostKeyPolicy: HostKeyPolicy = .strict,
        timeouts: SSHTimeouts = SSHTimeouts(), keepAlive: Duration? = .seconds(30),
        algorithms: SSHAlgorithms = SSHAlgorithms(), jump: SSHTarget? = nil
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.identities = identities
        self.agent = agent
        self.knownHosts = knownHosts
        self.hostKeyPolicy = hostKeyPolicy
        self.timeouts = timeouts
        self.keepAlive = keepAlive
        self.algorithms = algorithms
        self.jump = jump
    }

    /// `host:port`, as messages name it.
    var address: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// What to do about a host whose key no known_hosts file holds. A key that *differs* from the
/// one on file is always refused.
public enum HostKeyPolicy: Hashable, Sendable {
    case strict
    /// Trust it and append it to the first file.
    case acceptNew
}

/// A private key in a file.
public struct SSHIdentity: Sendable {
    public var path: String
    /// Asked when the key turns out to be encrypted.
    public var passphrase: (@Sendable () async throws -> Sensitive<String>?)?
    /// A default (`~/.ssh/id_ed25519`) that need not exist.
    public var isOptional: Bool

    public init(
        _ path: String, isOptional: Bool = false,
        passphrase: (@Sendable () async throws -> Sensitive<String>?)? = nil
    ) {
        self.path = path
        self.isOptional = isOptional
        self.passphrase = passphrase
    }
}

/// How long each phase may take.
public struct SSHTimeouts: Hashable, Sendable {
    public var connect: Duration
    public var handshake: Duration
    public var authentication: Duration
    /// To open a channel and start a program on it; the program itself may take any time.
    public var exec: Duration

    public init(
        connect: Duration = .seconds(10), handshake: Duration = .seconds(30),
        authentication: Duration = .seconds(20), exec: Duration = .seconds(60)
    ) {
        self.connect = connect
        self.handshake = handshake
        self.authentication = authentication
        self.exec = exec
    }
}

/// Preferences in order, in SSH's own names; an empty list leaves libssh2's.
///
/// libssh2 1.10 has neither ChaCha20-Poly1305 nor encrypt-then-MAC, so nothing that Terrapin
/// (CVE-2023-48795) attacks is ever negotiated, and strict key exchange is not needed.
public struct SSHAlgorithms: Hashable, Sendable {
    public var keyExchange: [String]
    public var hostKeys: [String]
    public var ciphers: [String]
    public var macs: [String]

    public init(
        keyExchange: [String] = [], hostKeys: [String] = [], ciphers: [String] = [],
        macs: [String] = []
    ) {
        self.keyExchange = keyExchange
        self.hostKeys = hostKeys
        self.ciphers = ciphers
        self.macs = macs
    }
}
