public import Schema
public import Vocabulary

/// One host of the inventory, with all that its groups say of it already taken in.
public struct Host: Sendable {
    public var name: HostName
    /// Where it is reached: a name or an address, IPv6 without brackets.
    public var address: String
    public var connection: ConnectionSettings
    /// Its groups with their parents, the most general first, without `all`.
    public var groups: [String]
    /// Its own variables, without those of its groups (``Inventory/variables(of:)``).
    public var vars: [PlacedValue.Entry]
    /// Where the inventory declares it; `nil` for the implicit `localhost`.
    public var place: SourcePlace?

    public init(
        name: HostName, address: String? = nil, connection: ConnectionSettings = .init(),
        groups: [String] = [], vars: [PlacedValue.Entry] = [], place: SourcePlace? = nil
    ) {
        self.name = name
        self.address = address ?? name.rawValue
        self.connection = connection
        self.groups = groups
        self.vars = vars
        self.place = place
    }

    /// This machine.
    public static var localhost: Host {
        Host(name: .localhost, connection: ConnectionSettings(transport: .local))
    }

    public var transport: TransportKind { connection.transport ?? .ssh }
    public var user: String? { connection.user }
    public var port: Int? { connection.port }
    public var identity: String? { connection.identity }
    public var jump: String? { connection.jump }
    /// Whether what needs root is run through `sudo`; if not, all is done as the login user.
    public var become: Bool { connection.become ?? true }
}

/// How a host is reached.
public enum TransportKind: String, Hashable, Sendable, CaseIterable {
    /// finflowctl's own client.
    case ssh
    /// The system's `ssh` program: for keys and proxies that the own client cannot use.
    case openssh
    /// This machine: no connection at all.
    case local
}

/// What an inventory may say of a connection: for all hosts, for a group or for one host. What
/// is `nil` is left to the more general, at last to `~/.ssh/config` and the defaults.
public struct ConnectionSettings: Hashable, Sendable {
    public var transport: TransportKind?
    public var user: String?
    public var port: Int?
    /// The path of a private key.
    public var identity: String?
    /// `[USER@]HOST[:PORT]`, or several parted by commas, the nearest first.
    public var jump: String?
    public var become: Bool?

    public init(
        transport: TransportKind? = nil, user: String? = nil, port: Int? = nil,
        identity: String? = nil, jump: String? = nil, become: Bool? = nil
    ) {
        self.transport = transport
        self.user = user
        self.port = port
        self.identity = identity
        self.jump = jump
        self.become = become
    }

    /// These settings, with `general` where they are silent.
    func completed(by general: ConnectionSettings) -> ConnectionSettings {
        ConnectionSettings(
            transport: transport ?? general.transport, user: user ?? general.user,
            port: port ?? general.port, identity: identity ?? general.identity,
            jump: jump ?? general.jump, become: become ?? general.become)
    }
}
