internal import Glibc
internal import Loop
internal import SSH
public import Vocabulary

/// How hosts are connected to, beyond what the inventory says.
public struct ConnectionOptions: Sendable {
    /// Instead of `~/.ssh/config` and `/etc/ssh/ssh_config`.
    public var configurationFiles: [String]?
    /// A host whose key is not known is trusted, and its key kept.
    public var acceptsNewHostKeys: Bool
    /// How many connections exchange keys at the same time. More would only make each of them
    /// slower: that is work for a processor. A host that does not answer takes none of the places.
    public var handshakes: Int
    /// How long a host may take to accept a connection; `nil`: as `ssh_config` says, or 10 s.
    public var connectTimeout: Duration?
    /// For hosts whose `sudo` wants one.
    public var becomePassword: Sensitive<String>?
    /// Asked with the path of a key that is encrypted.
    public var passphrase: (@Sendable (String) async throws -> Sensitive<String>?)?

    public init(
        configurationFiles: [String]? = nil, acceptsNewHostKeys: Bool = false,
        handshakes: Int = 32, connectTimeout: Duration? = nil,
        becomePassword: Sensitive<String>? = nil,
        passphrase: (@Sendable (String) async throws -> Sensitive<String>?)? = nil
    ) {
        self.configurationFiles = configurationFiles
        self.acceptsNewHostKeys = acceptsNewHostKeys
        self.handshakes = handshakes
        self.connectTimeout = connectTimeout
        self.becomePassword = becomePassword
        self.passphrase = passphrase
    }
}

/// Makes connections to hosts of an inventory.
public actor HostConnector {
    private let options: ConnectionOptions
    private let inventory: Inventory
    private let loop: EventLoop
    private let places: Turnstile
    /// Read once, by the first that needs it.
    private var configuration: Task<SSHConfig, any Error>?

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    /// - Parameter inventory: where hosts to jump through may be declared.
    public init(_ inventory: Inventory, options: ConnectionOptions = ConnectionOptions()) {
        self.inventory = inventory
        self.options = options
        loop = EventLoops.shared.next()
        places = Turnstile(places: max(1, options.handshakes), on: loop)
    }

    /// Connects and logs in; nothing runs on the host yet.
    ///
    /// - Throws: ``HostError``, `CancellationError`.
    public func connect(to host: Host) async throws -> ShellSession {
        ShellSession(
            over: try await transport(to: host), becomes: host.become,
            password: options.becomePassword)
    }

    private func transport(to host: Host) async throws -> any Transport {
        switch host.transport {
        case .ssh:
            return try await SSHTransport.connect(
                to: try await sshTarget(of: host),
                admission: SSHConnection.Admission(
                    enter: { try await self.takePlace() }, leave: { await self.leavePlace() }))
        case .openssh:
            // Its program does both at once, reaching the host and the key exchange.
            try await places.enter()
            defer { places.leave() }
            return try await OpenSSHTransport.connect(to: openSSHTarget(of: host))
        case .local: return LocalTransport()
        }
    }

    private func takePlace() async throws { try await places.enter() }

    private func leavePlace() { places.leave() }
}

// MARK: Targets

extension HostConnector {
    private func openSSHTarget(of host: Host) -> OpenSSHTarget {
        var target = OpenSSHTarget(
            host: host.address, user: host.user, port: host.port,
            identity: host.identity?.expandingHome, jump: host.jump,
            configurationFile: options.configurationFiles?.first,
            settings: options.acceptsNewHostKeys ? ["StrictHostKeyChecking=accept-new"] : [])
        if let limit = options.connectTimeout { target.connectTimeout = limit }
        return target
    }

    private func sshTarget(of host: Host) async throws -> SSHTarget {
        do {
            let config = try await configured()
            var target = try target(host, config)
            if let jump = host.jump { target.jump = try self.jump(jump, of: host, config) }
            return target
        } catch let diagnostic as Diagnostic {
            throw HostError.unsupported(diagnostic)
        }
    }

    private func target(_ host: Host, _ config: SSHConfig) throws(Diagnostic) -> SSHTarget {
        var target = try config.target(
            for: host.address, user: host.user, port: host.port.flatMap { UInt16(exactly: $0) },
            passphrase: options.passphrase)
        if let identity = host.identity?.expandingHome {
            target.identities = [SSHIdentity(identity)]
            if let ask = options.passphrase {
                target.identities = [SSHIdentity(identity) { try await ask(identity) }]
            }
        }
        if options.acceptsNewHostKeys { target.hostKeyPolicy = .acceptNew }
        if let limit = options.connectTimeout { target.timeouts.connect = limit }
        return target
    }

    /// `[USER@]HOST[:PORT],…`, where HOST may be one of the inventory.
    private func jump(
        _ text: String, of host: Host, _ config: SSHConfig
    ) throws(Diagnostic) -> SSHTarget? {
        var through: SSHTarget?
        for part in text.split(separator: ",") {
            guard var hop = JumpHop(part) else {
                throw Diagnostic(
                    .sshConfiguration, "`\(String(part).visible)` is no host to jump through",
                    at: host.place, hint: "wants [USER@]HOST[:PORT]")
            }
            if let known = inventory[HostName(hop.host.address)] {
                hop.host.address = known.address
                hop.host.connection = hop.host.connection.completed(by: known.connection)
            }
            var next = try target(hop.host, config)
            if through != nil { next.jump = through }
            through = next
        }
        return through
    }

    private func configured() async throws -> SSHConfig {
        let files = options.configurationFiles
        let reading = configuration ?? Task { try await SSHConfig.load(files: files) }
        configuration = reading
        do {
            return try await reading.value
        } catch let error as Diagnostics {
            guard let first = error.all.first else { throw error }
            throw HostError.unsupported(first)
        }
    }
}

private struct JumpHop {
    var host: Host

    init?(_ text: Substring) {
        var rest = text
        var connection = ConnectionSettings()
        if let at = rest.lastIndex(of: "@") {
            guard at != rest.startIndex else { return nil }
            connection.user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        if rest.first == "[", let end = rest.firstIndex(of: "]") {
            let port = rest[rest.index(after: end)...]
            rest = rest[rest.index(after: rest.startIndex)..<end]
            guard port.isEmpty || port.first == ":" else { return nil }
            connection.port = Int(port.dropFirst())
        } else if let colon = rest.firstIndex(of: ":") {
            guard let port = UInt16(rest[rest.index(after: colon)...]) else { return nil }
            connection.port = Int(port)
            rest = rest[..<colon]
        }
        guard !rest.isEmpty else { return nil }
        host = Host(name: HostName(String(rest)), connection: connection)
    }
}

extension String {
    /// `~/` at its start as the home directory.
    fileprivate var expandingHome: String {
        guard hasPrefix("~/"), let home = getenv("HOME") else { return self }
        return String(cString: home) + dropFirst()
    }
}
