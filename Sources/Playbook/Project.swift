public import Hosts
import Resources
public import Schema
public import TaskGraph
public import Template
public import Vocabulary

/// The playbooks of one environment, read and checked for every host.
public struct Project: Sendable {
    /// A named place to operate on.
    public struct Environment: Sendable {
        public let name: String
        public let platform: Platform
        public let state: StateStore?
        public let inventory: Inventory
    }

    public let environment: Environment
    /// The tasks of all hosts, with the node that observes each host.
    public let tasks: [GraphTask<HostTask>]
    /// How the hosts of plays with batches take turns.
    public let rolling: [RollingGroup: RollingPolicy]
    /// Those that its tasks were filled in with; `nil` when there are none or nobody opened them.
    public let credentials: Credentials?
    let yamlTexts: [String: String]
    let cache: FileCache
    let layersOfHosts: [HostName: [VariableLayer]]
    let builtins: BuiltinVariables

    public var inventory: Inventory { environment.inventory }

    /// The texts of the files that were read, by the names that places give them.
    public var sources: [String: String] {
        cache.templateTexts.merging(yamlTexts) { _, text in text }
    }
}

extension Project {
    /// The graph of the tasks that are meant.
    ///
    /// - Throws: Cycles, things with two owners, hosts and tags that there are not.
    public func graph(
        limit: HostPattern? = nil, tags: TagSelection = .all
    ) throws(Diagnostics) -> Graph<HostTask> {
        var wrong = tags.problems(among: tasks.reduce(into: []) { $0.formUnion($1.work.tags) })
        let hosts = wrong.collect { () throws(Diagnostics) in
            try (limit ?? .all).hosts(in: inventory)
        }
        let graph = wrong.collect { () throws(Diagnostics) in
            do throws(Diagnostics) {
                return try Graph(checking: tasks, rolling: rolling)
            } catch {
                throw error.oncePerPlace
            }
        }
        try wrong.throwIfErrors()
        guard let graph, let hosts else { throw wrong }
        let meant = chosen(on: limit == nil ? nil : Set(hosts.map(\.name)), tags)
        return try graph.filtered(.chosenOnly) { meant.contains($0.id) }
    }

    /// - Parameter hosts: `nil` for all.
    private func chosen(on hosts: Set<HostName>?, _ tags: TagSelection) -> Set<TaskID> {
        var meant: Set<TaskID> = []
        for task in tasks {
            let work = task.work
            guard hosts?.contains(work.owner) ?? true, let resource = work.resource else {
                continue
            }
            guard !resource.isOff, tags.includes(work.tags) else { continue }
            if case .resource = work.kind { meant.formUnion([task.id, work.observation]) }
        }
        for task in tasks {
            // A handler belongs to what notifies it.
            guard case .handler(let resource, let notifiers) = task.work.kind, !resource.isOff
            else {
                continue
            }
            if notifiers.contains(where: meant.contains) {
                meant.formUnion([task.id, task.work.observation])
            }
        }
        return meant
    }
}

extension Project {
    /// A variable as a host sees it outside any role.
    public struct Variable: Sendable {
        public let name: String
        public let value: Value
        /// In words: `environment staging`, `group app`, `host app-1`, `--set`.
        public let layer: String
        public let place: SourcePlace?
    }

    /// The variables of a host, sorted by name: those of the environment, its groups, itself and
    /// `--set`.
    public func variables(of host: Host) throws(Diagnostics) -> [Variable] {
        let stack = VariableStack(layers: layersOfHosts[host.name] ?? [])
        let variables = stack.variables(with: builtins.layer(for: host, role: ""))
        var result: [Variable] = []
        for name in Set(stack.layers.flatMap(\.names)).sorted() {
            guard let layer = stack.layers.last(where: { $0.defines(name) }),
                let binding = variables.scope.binding(of: name)
            else { continue }
            result.append(
                Variable(name: name, value: binding.value, layer: layer.name, place: binding.place))
        }
        return result
    }
}

extension Diagnostics {
    /// What is wrong at one place with the tasks of many hosts, once.
    fileprivate var oncePerPlace: Diagnostics {
        struct Key: Hashable {
            var code: Diagnostic.Code
            var place: SourcePlace?
            var related: [SourcePlace]
        }
        var counts: [Key: Int] = [:]
        var firsts: [(Key, Diagnostic)] = []
        for problem in all {
            let key = Key(
                code: problem.code, place: problem.place,
                related: problem.related.map(\.place).sorted())
            counts[key, default: 0] += 1
            if counts[key] == 1 || problem.place == nil { firsts.append((key, problem)) }
        }
        return Diagnostics(
            firsts.map { key, problem in
                guard let count = counts[key], count > 1, problem.place != nil else {
                    return problem
                }
                var problem = problem
                let more = "The same on \(count - 1) more host\(count == 2 ? "" : "s")."
                problem.help =
                    problem.help.map { "\($0)\($0.hasSuffix(".") ? "" : ".") \(more)" } ?? more
                return problem
            })
    }
}
