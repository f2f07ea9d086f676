import Hosts
import Resources
import Template

/// The variables that finflowctl itself sets.
struct BuiltinVariables: Sendable {
    static let names: Set<String> = [
        "facts", "host", "hosts", "groups", "environment", "platform", "role", "tasks", "item",
        "item_key", SecretUse.variable,
    ]
    /// Those that are not the same on all hosts.
    static let varying: Set<String> = ["facts", "host", "tasks"]

    let secrets: SecretsInput
    private let shared: [String: Value]
    private let factsBefore: Value
    /// Why there are no credentials at all.
    private var absences: [[String]: String] = [:]

    init(
        environment: String, platform: String, inventory: Inventory, facts: ValueShape,
        secrets: SecretsInput, secretUses: [SecretUse] = []
    ) {
        self.secrets = secrets
        if case .none = secrets {
            let reason =
                "environments/\(environment) has no secrets.age; `finflowctl secrets set` makes one"
            for case let name? in secretUses.map(\.name) {
                absences[[SecretUse.variable, name]] = reason
            }
        }
        let hosts = Dictionary(
            inventory.hosts.map { ($0.name, Self.value(of: $0)) },
            uniquingKeysWith: { first, _ in first })
        shared = [
            "environment": .string(environment),
            "platform": .string(platform),
            SecretUse.variable: secrets.value,
            "hosts": .list(inventory.hosts.map(Self.value)),
            "groups": .map(
                of: inventory.groups.map { group in
                    (key: group.name, value: .list(group.hosts.compactMap { hosts[$0] }))
                }),
        ]
        factsBefore = Value(unknown: facts, "facts are known once the host is asked")
    }

    /// - Parameter facts: `nil` before the host was asked.
    func layer(for host: Host, role: String, facts: Value? = nil) -> Scope.Layer {
        var values = shared
        values["host"] = Self.value(of: host)
        values["role"] = .string(role)
        values["facts"] = facts ?? factsBefore
        var layer = Scope.Layer("finflowctl", values: values)
        layer.absences = absences
        return layer
    }

    private static func value(of host: Host) -> Value {
        [
            "name": .string(host.name.rawValue), "address": .string(host.address),
            "groups": .list(host.groups.map { .string($0) }),
        ]
    }
}

extension Value {
    /// A value of which only the keys are known.
    init(unknown shape: ValueShape, _ reason: String) {
        switch shape {
        case .anything: self = .unknown(reason)
        case .keys(let keys):
            self = .map(
                of: keys.sorted { $0.key < $1.key }.map {
                    (key: $0.key, value: Value(unknown: $0.value, reason))
                })
        }
    }
}
