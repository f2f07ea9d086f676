import Schema
import Template
import Vocabulary

/// role.yaml, as it is written; its tasks are read by themselves, since which keys they have
/// depends on which types of resource there are.
struct RoleModel: SchemaModel {
    var role = Placed("", at: .nowhere)
    var summary: String?
    var parameters: [(key: String, value: Parameter)] = []
    var vars: [PlacedValue.Entry] = []
    var after: [Placed<String>] = []
    var tasks: [PlacedValue] = []
    var handlers: [PlacedValue] = []

    static let schema = Schema<RoleModel>(
        "role", summary: "Tasks that make a host into something.",
        details: """
            Tasks of a role are done side by side, but for what `after` and `notify` say, and for \
            what follows from what they are: the directory before what lies in it, the unit file \
            before the service, the role's packages before the rest of the role. Handlers are \
            done once, when something that notifies them has changed.
            """,
        fields: [
            .required("role", \.role, .placedIdentifier, "Its name: that of its directory."),
            .optional("description", \.summary, .text, "What it is for."),
            .optional(
                "parameters", \.parameters, .mapping(to: .nested()), default: "{}",
                "Variables that the role is given, and whether it needs them."),
            .optional(
                "vars", \.vars, .variables, default: "{}",
                "Its variables with their defaults; every other place that sets them wins."),
            .optional(
                "after", \.after, .list(of: .placedIdentifier), default: "[]",
                "Roles whose tasks come before its own, on the hosts that have them."),
            .optional("tasks", \.tasks, .list(of: .value), default: "[]", "What it does."),
            .optional(
                "handlers", \.handlers, .list(of: .value), default: "[]",
                "What is done when a task that notifies it changes something."),
        ],
        example: """
            role: common
            vars: { timezone: UTC }
            tasks:
              - id: chrony
                package: { name: chrony }
            """)
}

/// A variable that a role is given.
struct Parameter: SchemaModel {
    var isRequired = false
    var summary: String?
    var place: SourcePlace = .nowhere

    static let schema = Schema<Parameter>(
        "parameter", summary: "A variable that a role is given.",
        fields: [
            .optional(
                "required", \.isRequired, .boolean, default: "false",
                "Whether somebody has to set it."),
            .optional("description", \.summary, .text, "What it is for."),
        ])
}
