import Schema
import TaskGraph
import Template
import Vocabulary

/// One entry of site.yaml: which roles run on which hosts.
struct Play: SchemaModel {
    var hosts = Placed("", at: .nowhere)
    var roles: [RoleEntry] = []
    var become: Bool?
    var batch: BatchSize?
    var maxFailures = 0
    var tags: [String] = []
    var vars: [PlacedValue.Entry] = []

    static let schema = Schema<Play>(
        "play", summary: "Which roles run on which hosts.",
        details: """
            Roles of one host are not ordered, and hosts do not wait for each other, but for what \
            `after` says: of a role, or of a task. Variables of a play stand above those of hosts.
            """,
        fields: [
            .required(
                "hosts", \.hosts, .placedText,
                "A pattern: a group, a host, `all`, `app:&new`, `all:!db-1`."),
            .required("roles", \.roles, .list(of: .roleEntry), "The roles that they get."),
            .optional(
                "become", \.become, .boolean,
                "Whether tasks run as root; as the inventory says, otherwise."),
            .optional(
                "batch", \.batch, .batchSize,
                "Hosts take turns: so many, or such a share of them, at a time."),
            .optional(
                "max_failures", \.maxFailures, .wholeNumber(in: 0...Int.max), default: "0",
                "With more failed hosts than this, no further batch begins."),
            .optional("tags", \.tags, .oneOrMore(of: .identifier), default: "[]", "Of all tasks."),
            .optional("vars", \.vars, .variables, default: "{}", "Variables of all its roles."),
        ],
        example: """
            hosts: app
            batch: 25%
            roles:
              - docker
              - { role: deployment, vars: { service: payments } }
            """)
}

/// A role as a play names it.
struct RoleEntry: SchemaModel {
    var role = Placed("", at: .nowhere)
    /// Its name among several applications of the role on one host.
    var instance: String?
    var vars: [PlacedValue.Entry] = []
    var tags: [String] = []
    var when: Condition?
    var become: Bool?

    static let schema = Schema<RoleEntry>(
        "role", summary: "A role with variables, tags or a condition of its own.",
        fields: [
            .required("role", \.role, .placedIdentifier, "The name of the role."),
            .optional(
                "as", \.instance, .identifier,
                "A name of its own, for a role that a host gets several times."),
            .optional("vars", \.vars, .variables, default: "{}", "Variables of the role."),
            .optional("tags", \.tags, .oneOrMore(of: .identifier), default: "[]", "Of its tasks."),
            .optional("when", \.when, .condition, "On which hosts; all of them, otherwise."),
            .optional("become", \.become, .boolean, "Whether its tasks run as root."),
        ])

    /// The name under which its tasks stand: `deployment`, `deployment@payments`.
    var name: String { instance.map { "\(role.value)@\($0)" } ?? role.value }

    /// Whether it is the role as it is, which a second mention does not change.
    var isPlain: Bool { vars.isEmpty && when == nil && become == nil }
}

extension FieldType where Output == RoleEntry {
    /// A name, or a mapping with a name in it.
    static var roleEntry: FieldType<RoleEntry> {
        let nested = FieldType<RoleEntry>.nested()
        return FieldType(
            "role",
            jsonSchema: [
                "anyOf": [FieldType<String>.identifier.jsonSchema, nested.jsonSchema]
            ]
        ) { value throws(Diagnostics) in
            if case .map = value.content { return try nested.read(value) }
            var entry = RoleEntry()
            entry.role = try FieldType<Placed<String>>.placedIdentifier.read(value)
            return entry
        }
    }
}

extension SourcePlace {
    /// Of what a required key will replace.
    static let nowhere = SourcePlace(file: "", line: 1, column: 1)
}
