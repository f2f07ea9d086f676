import Vocabulary

/// What no play names: roles that only lie there, and variables of `--set` that nothing knows.
extension Loading {
    /// Roles that no play names are checked as far as they can be without a host.
    mutating func checkOtherRoles() {
        var others: [Role] = []
        for name in otherRoles {
            let read = wrong.collect { () throws(Diagnostics) in
                try Self.role(name, in: &directory, asked: nil, catalogue)
            }
            if let read { others.append(read) } else { broken.insert(name) }
        }
        let all = roles.merging(others.map { ($0.name, $0) }) { first, _ in first }
        var check = ReferenceCheck(roles: all, broken: broken, applied: nil)
        for role in others { check.check(role) }
        wrong.add(check.wrong)
        for role in others { wrong.add(role.missingSources(cache)) }
    }

    /// The files of roles that a play names for none of the environment's hosts: no task asks
    /// for them here.
    mutating func checkFilesOfRoles(notOn hosts: [HostNodes]) {
        let applied = Set(hosts.flatMap { $0.applications.map(\.role.name) })
        for role in roles.values.sorted(by: { $0.name < $1.name })
        where !applied.contains(role.name) {
            wrong.add(role.missingSources(cache))
        }
    }

    /// Each variable of `--set` is set or used somewhere.
    mutating func checkAreKnown(
        _ sets: SetVariables, _ plays: [(Play, [Application])], _ layers: Layers
    ) {
        // What a role that cannot be read knows is not known.
        guard broken.isEmpty, !sets.said.isEmpty else { return }
        var names = VariableNames()
        names.add(layers.environment)
        for layer in layers.groups.values { names.add(layer) }
        for layer in layers.hosts.values { names.add(layer) }
        for (_, applications) in plays {
            for application in applications {
                for layer in application.layers { names.add(layer) }
                if let when = application.entry.when { names.add(when.uses) }
            }
        }
        for role in roles.values { names.add(role, cache, templates: false) }
        names.add(cache.templateUses)
        guard sets.said.contains(where: { !names.all.contains($0.name) }) else { return }
        // Only now what is dear: what no host needs.
        for role in roles.values { names.add(role, cache, templates: true) }
        for name in otherRoles {
            let read = try? Self.role(name, in: &directory, asked: nil, catalogue)
            guard let other = read else { continue }
            names.add(other, cache, templates: true)
        }
        for name in Set(sets.said.map(\.name)).subtracting(names.all).sorted() {
            wrong.add(
                Diagnostic(
                    .unusedAssignment, "no playbook knows a variable `\(name.visible)`",
                    at: sets.place(of: name),
                    hint: nearestName(to: name, among: names.all.sorted()).map {
                        "did you mean `\($0)`?"
                    }))
        }
    }

    /// The names of the roles on disk that no play names.
    private var otherRoles: [String] {
        directory.names(in: "roles").filter {
            // An editor's or a system's own file is no role.
            roles[$0] == nil && !broken.contains($0) && !$0.hasPrefix(".")
                && !LocalFile.names(in: directory.path("roles", $0)).isEmpty
        }
    }
}
