import Template
public import Vocabulary

/// A place where a credential is used.
public struct SecretUse: Sendable, Hashable {
    static let variable = "secrets"

    /// `nil` where it is not written but computed: `secrets[name]`.
    public let name: String?
    public let place: SourcePlace
}

/// Which variables something uses, and which tasks' outputs.
struct VariableUses: Sendable, Hashable {
    private(set) var names: Set<String> = []
    /// The second part of `tasks.ID.output`.
    private(set) var tasks: Set<String> = []
    /// The second part of `secrets.NAME`, with the places of their use; without a name where
    /// it is computed.
    private(set) var secrets: Set<SecretUse> = []

    init() {}

    init(_ references: [VariableReference]) {
        for reference in references {
            names.insert(reference.name)
            if reference.name == "tasks", reference.path.count > 1 {
                tasks.insert(reference.path[1])
            }
            if reference.name == SecretUse.variable {
                secrets.insert(
                    SecretUse(
                        name: reference.path.count > 1 ? reference.path[1] : nil,
                        place: reference.place))
            }
        }
    }

    mutating func formUnion(_ other: VariableUses) {
        names.formUnion(other.names)
        tasks.formUnion(other.tasks)
        secrets.formUnion(other.secrets)
    }
}
