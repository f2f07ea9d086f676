import Hosts
import Resources
import TaskGraph
import Template
import Vocabulary

/// A role applied to a host: shared by all of its tasks there.
final class RoleOnHost: Sendable {
    let host: Host
    let role: Role
    let entry: RoleEntry
    /// The play's own, when it has one.
    let playBecome: Bool?
    let playTags: [String]
    let place: SourcePlace
    let cache: FileCache
    let rolling: RollingGroup?
    let stateDirectory: String
    private let stack: VariableStack
    private let builtins: BuiltinVariables
    /// As far as they are known before the host was asked.
    let variables: Variables

    init(
        _ application: Application, host: Host, stateDirectory: String, layers: [VariableLayer],
        setLayer: VariableLayer, builtins: BuiltinVariables, cache: FileCache
    ) {
        self.host = host
        self.stateDirectory = stateDirectory
        role = application.role
        entry = application.entry
        playBecome = application.play.become
        playTags = application.play.tags
        place = application.entry.role.place
        rolling = application.rolling
        self.cache = cache
        self.builtins = builtins
        stack = VariableStack(
            layers: [role.defaults] + layers + application.layers + [setLayer])
        variables = stack.variables(
            with: builtins.layer(for: host, role: role.name), builtins.secrets)
    }

    var name: String { entry.name }
    var when: Condition? { entry.when }

    func variables(facts: Value) -> Variables {
        stack.variables(
            with: builtins.layer(for: host, role: role.name, facts: facts), builtins.secrets)
    }

    /// The parameters that nobody sets.
    var missingParameters: [(name: String, parameter: Parameter)] {
        role.parameters.filter { $0.parameter.isRequired && !stack.defines($0.name) }
    }

    /// - Parameter host: which does the task.
    func privilege(of task: TaskDeclaration, on host: Host) -> Privilege {
        let become = task.model.become ?? entry.become ?? playBecome ?? host.become
        return become ? .root : .login
    }

    func tags(of task: TaskDeclaration) -> Set<String> {
        Set(task.model.tags + entry.tags + playTags + [role.name])
    }
}

extension TaskDeclaration {
    func id(with item: Item?) -> String { item.map { "\(id)[\($0.key)]" } ?? id }
}

/// A role in a play, before any host.
struct Application: Sendable {
    let play: Play
    let entry: RoleEntry
    let role: Role
    /// Of the play, and of the entry.
    let layers: [VariableLayer]
    let rolling: RollingGroup?
    /// Whether naming it again changes nothing.
    var isPlain: Bool { entry.isPlain && play.vars.isEmpty && play.become == nil }
}
