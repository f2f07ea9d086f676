import Vocabulary

/// The names that variables have anywhere in the playbooks: where they are set, and where they
/// are used.
struct VariableNames {
    private(set) var all: Set<String> = Set(HostSettings.variables)

    mutating func add(_ layer: VariableLayer) {
        all.formUnion(layer.names)
        for computed in layer.computed.values { add(computed.value.uses) }
    }

    mutating func add(_ uses: VariableUses) {
        all.formUnion(uses.names)
    }

    /// - Parameter templates: whether the files that lie in the role's templates/ are read.
    mutating func add(_ role: Role, _ cache: FileCache, templates: Bool) {
        add(role.defaults)
        all.formUnion(role.parameters.map(\.name))
        for task in role.tasks {
            for uses in [task.fields.uses, task.model.when?.uses, task.forEach?.uses] {
                if let uses { add(uses) }
            }
        }
        guard templates else { return }
        for path in LocalFile.paths(below: role.path + "/templates") {
            let place = SourcePlace(file: path, line: 1, column: 1)
            // What cannot be read is judged where it is used.
            guard let template = try? cache.template(in: path, named: path, at: place) else {
                continue
            }
            add(template.uses)
        }
    }
}
