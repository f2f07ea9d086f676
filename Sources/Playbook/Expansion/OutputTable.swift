import Schema
import Template
import Vocabulary

/// Which outputs each task may use: those of its own role, and of the tasks in its `after`.
struct OutputTable {
    private let roles: [String: Role]
    /// By role: its own tasks' outputs, not known yet.
    private let own: [String: [(key: String, value: Value)]]

    init(roles: [String: Role]) {
        self.roles = roles
        own = roles.mapValues { role in
            role.tasks.filter { !$0.model.outputs.isEmpty }.flatMap(Self.unknown)
        }
    }

    /// The variable `tasks` before anything was run; `nil` when there is nothing in it.
    func placeholder(for task: TaskDeclaration, of role: Role) -> Value? {
        var entries = own[role.name] ?? []
        for text in task.model.after {
            let reference = TaskReference(text)
            guard let name = reference.role, let other = roles[name.roleName],
                let source = other.task(reference.task), !source.model.outputs.isEmpty
            else { continue }
            entries += Self.unknown(source)
        }
        return entries.isEmpty ? nil : .map(of: entries)
    }

    private static func unknown(_ task: TaskDeclaration) -> [(key: String, value: Value)] {
        let reason = "it is an output of the task `\(task.id)`"
        let outputs = Value.map(
            of: task.model.outputs.map { (key: $0.key, value: .unknown(reason)) })
        let value = task.forEach == nil ? outputs : Value.unknown(reason)
        return OutputSource.spellings(of: task.id).map { (key: $0, value: value) }
    }
}

extension String {
    /// Without the name of an instance.
    var roleName: String { prefix { $0 != "@" }.description }
}
