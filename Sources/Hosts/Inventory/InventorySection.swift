public import Schema
internal import Template
internal import Vocabulary

/// The `inventory` section of an environment, as it is written; ``Inventory`` is what it means.
public struct InventorySection: SchemaModel, Connectable {
    var hosts: [Named<HostEntry>] = []
    var groups: [Named<GroupEntry>] = []
    var connection = ConnectionSettings()

    public init() {}

    public static let schema = Schema<InventorySection>(
        "inventory", summary: "The hosts of an environment, and the groups they are in.",
        details: """
            `localhost` need not be declared: it is this machine, without any connection. While \
            no host is declared, `all` is `localhost`.
            """,
        fields: [
            .optional(
                "hosts", \.hosts, .named(HostEntry.self), default: "{}",
                "Hosts by name; `app-[01:20]` declares twenty."),
            .optional(
                "groups", \.groups, .named(GroupEntry.self), default: "{}", "Groups by name."),
        ] + connectionFields(),
        example: """
            user: ops
            hosts:
              app-[01:03]: { address: "10.0.1.[11:13]" }
              db-1:
                address: 10.0.2.5
                vars: { postgres_memory: 8GB }
            groups:
              app: { hosts: ["app-[01:03]"] }
              db: { hosts: [db-1], vars: { backups: true } }
              production: { children: [app, db] }
            """)
}

/// A host, or a range of hosts alike, as it is declared.
struct HostEntry: SchemaModel, Connectable {
    var address: String?
    var connection = ConnectionSettings()
    var vars: [PlacedValue.Entry] = []

    static let schema = Schema<HostEntry>(
        "host", summary: "One host of the inventory, or a range of hosts alike.",
        fields: [
            .optional(
                "address", \.address, .text,
                "Where it is reached, when that is not its name; may have a range as the name has."),
            .optional(
                "vars", \.vars, .variables, default: "{}", "Variables of this host alone."),
        ] + connectionFields())
}

struct GroupEntry: SchemaModel, Connectable {
    var hosts: [Placed<String>] = []
    var children: [Placed<String>] = []
    var connection = ConnectionSettings()
    var vars: [PlacedValue.Entry] = []

    static let schema = Schema<GroupEntry>(
        "group", summary: "Hosts that share variables, roles or settings of their connection.",
        fields: [
            .optional(
                "hosts", \.hosts, .list(of: .placedText), default: "[]",
                "Names or ranges of declared hosts."),
            .optional(
                "children", \.children, .list(of: .placedText), default: "[]",
                "Groups whose hosts belong to this one too."),
            .optional(
                "vars", \.vars, .variables, default: "{}",
                "Variables of all its hosts; a child's win over its parent's."),
        ] + connectionFields())
}

/// What has settings of a connection among its keys.
protocol Connectable: Sendable {
    var connection: ConnectionSettings { get set }
}

extension Connectable {
    static func connectionFields() -> [Field<Self>] {
        [
            .optional(
                "transport", \.connection.transport, .word(TransportKind.self),
                "How it is reached; `ssh` unless anything else is said. `openssh` uses the "
                    + "system's ssh program, `local` is this machine."),
            .optional("user", \.connection.user, .text, "Whom to log in as."),
            .optional("port", \.connection.port, .port, "The port of sshd."),
            .optional("identity", \.connection.identity, .text, "The path of a private key."),
            .optional(
                "jump", \.connection.jump, .text, "Through which host: `[USER@]HOST[:PORT]`."),
            .optional(
                "become", \.connection.become, .boolean,
                "Whether tasks run as root through sudo; without, all of them run as the login "
                    + "user. `true` unless anything else is said."),
        ]
    }
}

/// A value with the place where it stands.
struct Placed<Value: Sendable>: Sendable {
    var value: Value
    var place: SourcePlace
}

/// An entry of a mapping from names that operators choose.
struct Named<Value: Sendable>: Sendable {
    var name: String
    var namePlace: SourcePlace
    var value: Value
}
