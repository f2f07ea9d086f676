import Resources
import Schema
import Template
import Vocabulary

/// Reads a task's condition and resource with the variables of a host.
struct ResourceReading {
    let task: TaskDeclaration
    let application: RoleOnHost
    let variables: Variables
    /// While a playbook is checked: what the role's templates used.
    let check: FileUse?
    /// Where the host that does it keeps what finflowctl leaves there; the host's own otherwise.
    var stateDirectory: String?

    enum Outcome {
        case known(any Resource)
        case later(String)
    }

    var files: RoleFiles {
        RoleFiles(
            directory: application.role.path,
            stateDirectory: stateDirectory ?? application.stateDirectory,
            cache: application.cache, variables: variables, check: check)
    }

    /// Whether the task is to be done: the role's condition and its own.
    func truth() throws(Diagnostics) -> Truth {
        var wrong = Diagnostics()
        var result = Truth.yes
        for condition in [application.when, task.model.when] {
            guard let condition else { continue }
            let truth = wrong.collect { () throws(Diagnostics) in
                try condition.holds(in: variables)
            }
            switch truth {
            // What is not to be done at all is not judged either.
            case .no?: return .no
            case .unknown(let reason)?: result = .unknown(reason)
            case .yes?, nil: break
            }
        }
        try wrong.throwIfErrors()
        return result
    }

    /// What the task's template uses, also while it cannot be filled in.
    var templateUses: VariableUses {
        guard task.type.name == "template", let source = task.fields.written["source"],
            case .scalar(.string(let name)) = source.content, !name.mayBeTemplate
        else { return VariableUses() }
        return (try? files.template(name, at: source.place).uses) ?? VariableUses()
    }

    func resource() throws(Diagnostics) -> Outcome {
        try variables.check(task.fields.uses)
        let value = try task.fields.rendered(in: variables.scope, variables.trail)
        if let reason = value.unknownReason {
            try Diagnostics(task.type.problems(inKnownPartsOf: value)).throwIfErrors()
            return .later(reason)
        }
        let resource = try task.type.read(value)
        if resource.isOnlyForHandlers, !task.isHandler {
            throw Diagnostics(
                Diagnostic(
                    .onlyInHandlers, "only a handler can do this", at: task.place,
                    hint: "put it under `handlers:` and name it in `notify:`"))
        }
        return .known(resource)
    }
}
