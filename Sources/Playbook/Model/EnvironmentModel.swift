import Hosts
import Schema
import Template
import Vocabulary

/// environment.yaml, as it is written.
struct EnvironmentModel: SchemaModel {
    var platform = Platform.hosts
    var state: StatePlace?
    var inventory = Inventory.localhost
    var vars: [PlacedValue.Entry] = []
    /// The sections of capabilities that read them themselves.
    var sections: [String: PlacedValue] = [:]

    static let schema = Schema<EnvironmentModel>(
        "environment", summary: "A named place to operate on.",
        details: """
            Its inventory, its variables, and for each capability a section. `local` needs \
            nothing but this machine.
            """,
        fields: [
            .optional(
                "platform", \.platform, .word(), default: "hosts",
                "What `deploy` deploys to: `kubernetes`, `hosts` or `process`."),
            .optional(
                "state", \.state, .statePlace,
                "Where records of runs are kept, when not on this machine."),
            .optional(
                "inventory", \.inventory, .inventory, default: "{}", "Hosts and their groups."),
            .optional("vars", \.vars, .variables, default: "{}", "Variables of all hosts."),
        ]
            + [
                section("databases", "The databases of the services."),
                section("brokers", "The message brokers."),
                section("backup", "What is backed up, where to, and how long it is kept."),
                section("deploy", "Releases and how they are rolled out."),
                section("monitoring", "What is scraped, alerted on and drawn."),
                section("credentials", "How old credentials may become."),
                section("cloud", "The account and network that it stands on."),
            ],
        example: """
            platform: hosts
            inventory:
              hosts: { app-1: { address: 10.0.0.4 } }
            vars: { timezone: UTC }
            """)

    private static func section(_ name: String, _ summary: String) -> Field<EnvironmentModel> {
        .optional(name, \.sections[name], .section, summary)
    }
}

/// What `deploy` deploys to.
public enum Platform: String, Sendable, CaseIterable {
    case kubernetes, hosts, process
}

extension FieldType where Output == PlacedValue {
    /// A mapping that a capability reads itself.
    fileprivate static var section: FieldType<PlacedValue> {
        FieldType("mapping", jsonSchema: ["type": ["object", "null"]]) {
            value throws(Diagnostics) in
            switch value.content {
            case .map, .scalar(.null): return value
            default:
                throw Diagnostics(
                    Diagnostic(
                        .wrongType, "expected a mapping, found \(value.kindInWords)",
                        at: value.place))
            }
        }
    }
}
