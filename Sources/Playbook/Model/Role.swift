import Resources
import Schema
import Template
import Vocabulary

/// A role, read and checked as far as it can be without a host.
struct Role: Sendable {
    let name: String
    /// Its directory.
    let path: String
    let parameters: [(name: String, parameter: Parameter)]
    let defaults: VariableLayer
    let after: [Placed<String>]
    /// Tasks, then handlers.
    let tasks: [TaskDeclaration]
    let taskIndex: [String: Int]

    /// - Throws: Everything that is wrong with its file.
    init(
        _ value: PlacedValue, path: String, catalogue: [ResourceType]
    ) throws(Diagnostics) {
        let directory = path.split(separator: "/").last.map(String.init) ?? path
        let model = try RoleModel.schema.read(value)
        var wrong = Diagnostics()
        if model.role.value != directory {
            wrong.add(
                Diagnostic(
                    .invalidValue,
                    "the role is called `\(model.role.value)` and lies in "
                        + "`\(directory.visible)`",
                    at: model.role.place, hint: "write `role: \(directory.visible)`"))
        }
        var reader = TaskReader(catalogue: catalogue)
        var tasks: [TaskDeclaration] = []
        for task in model.tasks {
            if let task = reader.task(task, isHandler: false) { tasks.append(task) }
        }
        for handler in model.handlers {
            if let handler = reader.task(handler, isHandler: true) { tasks.append(handler) }
        }
        wrong.add(reader.wrong)
        let defaults = wrong.collect { () throws(Diagnostics) in
            try VariableLayer("role \(directory)", model.vars).ofNoHost()
        }
        try wrong.throwIfErrors()
        guard let defaults else { throw wrong }
        name = directory
        self.path = path
        parameters = model.parameters.map { entry in
            var parameter = entry.value
            parameter.place =
                value["parameters"]?.keyPlace(of: entry.key) ?? model.role.place
            return (entry.key, parameter)
        }
        self.defaults = defaults
        after = model.after
        self.tasks = tasks
        taskIndex = Dictionary(
            tasks.enumerated().map { ($0.element.id, $0.offset) },
            uniquingKeysWith: { first, _ in first })
    }

    func task(_ id: String) -> TaskDeclaration? { taskIndex[id].map { tasks[$0] } }
}

extension PlacedValue {
    func keyPlace(of key: String) -> SourcePlace? {
        guard case .map(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.keyPlace
    }
}
