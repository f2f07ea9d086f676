import Hosts
import Resources
import Schema
import TaskGraph
import Template
import Vocabulary

/// All that is needed to read a task's resource again when more is known.
struct LateResource: Sendable {
    let application: RoleOnHost
    let task: TaskDeclaration
    let item: Item?
    let sources: [OutputSource]
    /// What finflowctl keeps lies there on the host that does it.
    let stateDirectory: String
    /// Neither the role's nor the task's condition is open.
    let isUnconditional: Bool

    func resolved(
        facts: Value, outputs: [TaskID: [String: Value]]
    ) throws(Diagnostics) -> ResolvedResource? {
        let variables = application.variables(facts: facts).adding(try layer(outputs), item)
        let reading = ResourceReading(
            task: task, application: application, variables: variables, check: nil,
            stateDirectory: stateDirectory)
        switch try reading.truth() {
        case .no: return nil
        case .unknown(let reason): throw later(reason)
        case .yes: break
        }
        switch try reading.resource() {
        case .known(let resource):
            return ResolvedResource(resource: resource, files: reading.files)
        case .later(let reason): throw later(reason)
        }
    }

    private func later(_ reason: String) -> Diagnostics {
        Diagnostics(
            Diagnostic(
                .knownOnlyLater, "it is not known yet what this will be: \(reason)",
                at: task.place))
    }

    /// The item, and the variable `tasks`; of what is not in it, why it is not.
    private func layer(_ outputs: [TaskID: [String: Value]]) throws(Diagnostics) -> Scope.Layer {
        var wrong = Diagnostics()
        var absences: [[String]: String] = [:]
        var tasks: [String: [(key: String, value: Value)]] = [:]
        var items: [String: [(key: String, value: Value)]] = [:]
        for source in sources where tasks[source.name] == nil {
            let path = [source.name] + (source.itemKey.map { [$0] } ?? [])
            // What was skipped has no outputs; another host may have them.
            guard let raw = outputs[source.task] else {
                absences[path] = "`\(source.task)` was not to be done"
                continue
            }
            for (name, reason) in source.absences(from: raw) { absences[path + [name]] = reason }
            let values = wrong.collect { () throws(Diagnostics) in try source.values(from: raw) }
            guard let values else { continue }
            if let key = source.itemKey {
                items[source.name, default: []].append((key, .map(of: values)))
            } else {
                tasks[source.name] = values
            }
        }
        try wrong.throwIfErrors()
        let all = tasks.merging(items) { single, _ in single }
        let value = Value.map(
            of: all.sorted { $0.key < $1.key }.flatMap { name, values in
                OutputSource.spellings(of: name).map { (key: $0, value: .map(of: values)) }
            })
        var layer = Item.layer(item, tasks: value)
        for (path, reason) in absences {
            for name in OutputSource.spellings(of: path[0]) {
                layer.absences[["tasks", name] + path.dropFirst()] = reason
            }
        }
        return layer
    }
}

/// A task before this one that gives outputs.
struct OutputSource: Sendable {
    /// The id of its declaration.
    let name: String
    let task: TaskID
    let itemKey: String?
    let outputs: [(key: String, value: OutputExpression)]

    /// As a template can write it: `join-token` also as `join_token`.
    static func spellings(of name: String) -> [String] {
        let plain = String(name.map { $0 == "-" || $0 == "." ? "_" : $0 })
        return plain == name ? [name] : [name, plain]
    }

    fileprivate func values(
        from raw: [String: Value]
    ) throws(Diagnostics) -> [(key: String, value: Value)] {
        var wrong = Diagnostics()
        let scope = Scope([Scope.Layer("outputs", values: raw)])
        var result: [(key: String, value: Value)] = []
        for (name, output) in outputs where output.needs.allSatisfy({ raw[$0] != nil }) {
            let value = wrong.collect { () throws(Diagnostics) in
                try output.expression.evaluate(in: scope)
            }
            if let value { result.append((name, value)) }
        }
        try wrong.throwIfErrors()
        return result
    }

    /// The outputs that there are not, and why.
    fileprivate func absences(from raw: [String: Value]) -> [(name: String, reason: String)] {
        outputs.compactMap { name, output in
            guard let missing = output.needs.first(where: { raw[$0] == nil }) else { return nil }
            let reason =
                raw["ran"] == .bool(false)
                ? "`\(task)` had nothing to do, and gave no `\(missing)`"
                : "`\(task)` gave no `\(missing)`"
            return (name, reason)
        }
    }
}
