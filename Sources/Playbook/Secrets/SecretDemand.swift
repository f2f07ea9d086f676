import Vocabulary

/// Finds out whether anything that is done in an environment needs a credential, before any is
/// opened: tasks and conditions by what they use, variables by what they are made of.
struct SecretDemand {
    private var definitions: [String: VariableUses] = [:]
    private var uses = VariableUses()

    mutating func add(_ layer: VariableLayer) {
        for (name, computed) in layer.computed {
            definitions[name, default: VariableUses()].formUnion(computed.value.uses)
        }
    }

    mutating func add(_ application: Application, _ cache: FileCache) {
        for layer in application.layers { add(layer) }
        let role = application.role
        add(role.defaults)
        if let when = application.entry.when { uses.formUnion(when.uses) }
        for task in role.tasks {
            for more in [task.fields.uses, task.model.when?.uses, task.forEach?.uses] {
                if let more { uses.formUnion(more) }
            }
        }
        guard role.tasks.contains(where: { $0.type.name == "template" }) else { return }
        for path in LocalFile.paths(below: role.path + "/templates") {
            let place = SourcePlace(file: path, line: 1, column: 1)
            // What cannot be read is judged where it is used.
            guard let resolved = try? cache.resolved(path),
                let template = try? cache.template(in: resolved, named: path, at: place)
            else { continue }
            uses.formUnion(template.uses)
        }
    }

    /// The places that need a credential, in their order.
    var secrets: [SecretUse] {
        var found = uses.secrets
        var seen: Set<String> = []
        var open = uses.names
        while let name = open.popFirst() {
            guard seen.insert(name).inserted, let more = definitions[name] else { continue }
            found.formUnion(more.secrets)
            open.formUnion(more.names)
        }
        return found.sorted { ($0.place, $0.name ?? "") < ($1.place, $1.name ?? "") }
    }
}
