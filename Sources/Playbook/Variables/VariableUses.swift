import Template

/// Which variables something uses, and which tasks' outputs.
struct VariableUses: Sendable, Hashable {
    private(set) var names: Set<String> = []
    /// The second part of `tasks.ID.output`.
    private(set) var tasks: Set<String> = []

    init() {}

    init(_ references: [VariableReference]) {
        for reference in references {
            names.insert(reference.name)
            if reference.name == "tasks", reference.path.count > 1 {
                tasks.insert(reference.path[1])
            }
        }
    }

    mutating func formUnion(_ other: VariableUses) {
        names.formUnion(other.names)
        tasks.formUnion(other.tasks)
    }
}
