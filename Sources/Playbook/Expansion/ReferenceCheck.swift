import Hosts
import Schema
import Vocabulary

/// What `after` and `notify` name, checked once for each place where it is written.
struct ReferenceCheck {
    let roles: [String: Role]
    /// Roles that could not be read: what names them is not judged.
    let broken: Set<String>
    /// What there is on the hosts; `nil` for roles that no play names.
    let applied: Applied?
    private(set) var wrong = Diagnostics()

    struct Applied {
        let inventory: Inventory
        /// The roles of each host, as the site has them.
        let rolesOfHosts: [HostName: Set<String>]
    }

    mutating func check(_ role: Role) {
        for name in role.after where roles[name.value] == nil && !broken.contains(name.value) {
            // A role that no play names comes before nothing, but it has to be one.
            wrong.add(unknownRole(name.value, at: name.place))
        }
        for task in role.tasks {
            for text in task.model.after { check(TaskReference(text), of: role, isNotify: false) }
            for text in task.model.notify { check(TaskReference(text), of: role, isNotify: true) }
            if task.isNetwork { checkHandlers(of: task, in: role) }
        }
    }

    /// What a handler brings into force is tried only after that handler.
    private mutating func checkHandlers(of task: TaskDeclaration, in role: Role) {
        let handlers = task.model.notify.compactMap { text -> TaskDeclaration? in
            let reference = TaskReference(text)
            let owner = reference.role.map { roles[$0.roleName] } ?? role
            return owner?.task(reference.task)
        }
        guard let first = handlers.first, !handlers.contains(where: \.isNetwork) else { return }
        wrong.add(
            Diagnostic(
                .unguarded,
                "`\(task.id)` is guarded, and the handler that brings it into force is not",
                at: task.model.network.place, hint: "say `network: true` for `\(first.id)` as well",
                related: [.init("`\(first.id)` is declared here", at: first.model.id.place)]))
    }

    private mutating func check(_ reference: TaskReference, of role: Role, isNotify: Bool) {
        if isNotify, reference.hosts != nil {
            wrong.add(
                Diagnostic(
                    .unknownTask, "a handler is notified on its own host only",
                    at: reference.place, hint: "`id` or `role/id`"))
            return
        }
        let target: Role
        if let name = reference.role {
            guard !broken.contains(name.roleName) else { return }
            guard let found = roles[name.roleName] else {
                wrong.add(unknownRole(name, at: reference.place))
                return
            }
            target = found
        } else {
            target = role
        }
        checkTask(reference, in: target, isNotify: isNotify)
        if let hosts = reference.hosts { checkHosts(hosts, of: target, reference, in: role) }
    }

    private mutating func checkTask(
        _ reference: TaskReference, in role: Role, isNotify: Bool
    ) {
        guard let task = role.task(reference.task) else {
            let known = role.tasks.filter { !isNotify || $0.isHandler }.map(\.id)
            wrong.add(
                Diagnostic(
                    .unknownTask,
                    "the role `\(role.name)` has no \(isNotify ? "handler" : "task") "
                        + "`\(reference.task.visible)`",
                    at: reference.place,
                    hint: nearestName(to: reference.task, among: known).map {
                        "did you mean `\($0)`?"
                    }))
            return
        }
        if isNotify, !task.isHandler {
            wrong.add(
                Diagnostic(
                    .unknownTask, "`\(task.id)` is a task and no handler", at: reference.place,
                    related: [.init("it is declared here", at: task.model.id.place)]))
        }
    }

    private mutating func checkHosts(
        _ pattern: String, of role: Role, _ reference: TaskReference, in referring: Role
    ) {
        // A role that no host of this environment has waits for nobody.
        guard let applied,
            applied.rolesOfHosts.values.contains(where: { $0.contains(referring.name) })
        else { return }
        let hosts = wrong.collect { () throws(Diagnostics) in
            try HostPattern(pattern, at: reference.place).hosts(in: applied.inventory)
        }
        guard let hosts else { return }
        if !hosts.contains(where: { applied.rolesOfHosts[$0.name]?.contains(role.name) == true }) {
            wrong.add(
                Diagnostic(
                    .unknownTask,
                    "no host of `\(pattern.visible)` has the role `\(role.name)`",
                    at: reference.place))
        }
    }

    private func unknownRole(_ name: String, at place: SourcePlace) -> Diagnostic {
        Diagnostic(
            .unknownRole,
            applied == nil
                ? "there is no role `\(name.visible)`"
                : "no play names a role `\(name.visible)`", at: place,
            hint: nearestName(to: name, among: roles.keys.sorted()).map { "did you mean `\($0)`?" })
    }
}
