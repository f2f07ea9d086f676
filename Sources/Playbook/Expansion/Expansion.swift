import Hosts
import Resources
import Schema
import Template
import Vocabulary

/// Plays and roles on hosts: every task of every host, rendered and read.
///
/// What no variable makes different is done once and shared by all hosts; only the rest is done
/// again for each.
struct Expansion {
    let environment: EnvironmentModel
    let builtins: BuiltinVariables
    let environmentLayer: VariableLayer
    let groupLayers: [String: VariableLayer]
    let setLayer: VariableLayer
    let cache: FileCache
    /// The outputs that each task of each role may use.
    let outputs: OutputTable

    var problems = Problems()
    /// By application and task: what is the same on all hosts.
    private var shared: [Int: [String: [SharedNode]]] = [:]
    private var varying: [Int: Set<String>] = [:]

    init(
        environment: EnvironmentModel, builtins: BuiltinVariables, environmentLayer: VariableLayer,
        groupLayers: [String: VariableLayer], setLayer: VariableLayer, cache: FileCache,
        outputs: OutputTable
    ) {
        self.environment = environment
        self.builtins = builtins
        self.environmentLayer = environmentLayer
        self.groupLayers = groupLayers
        self.setLayer = setLayer
        self.cache = cache
        self.outputs = outputs
    }

    private struct SharedNode {
        var item: Item?
        var state: Node.State
        var delegate: HostName?
        var isUnconditional: Bool
        var credentials: [CredentialVersion]
    }

    /// - Parameter applications: those whose play means the host, with their numbers in the site.
    mutating func nodes(
        of host: Host, hostLayer: VariableLayer, _ applications: [(number: Int, Application)]
    ) -> HostNodes {
        let layers = [environmentLayer] + host.groups.compactMap { groupLayers[$0] } + [hostLayer]
        let ofHost = VariableStack(layers: layers + [setLayer])
        let directory = problems.collect(on: host.name) { () throws(Diagnostics) in
            try HostSetting.stateDirectory.value(on: host, ofHost, builtins)
        }
        let seconds = problems.collect(on: host.name) { () throws(Diagnostics) in
            try HostSetting.networkRevertSeconds.value(on: host, ofHost, builtins)
        }
        var result = HostNodes(
            host: host, stateDirectory: directory ?? HostSetting.stateDirectory.usual,
            networkRevertSeconds: seconds ?? HostSetting.networkRevertSeconds.usual)
        var known: [String: Application] = [:]
        for (number, application) in applications {
            let onHost = RoleOnHost(
                application, host: host, stateDirectory: result.stateDirectory, layers: layers,
                setLayer: setLayer, builtins: builtins, cache: cache)
            guard isApplied(onHost) else { continue }
            if let first = known.updateValue(application, forKey: application.entry.name) {
                if !first.isPlain || !application.isPlain {
                    problems.add(Self.appliedTwice(first.entry, application.entry), on: host.name)
                }
                continue
            }
            let missing = onHost.missingParameters
            guard missing.isEmpty else {
                for (name, parameter) in missing {
                    problems.add(
                        Self.missing(name, parameter, of: application.entry), on: host.name)
                }
                continue
            }
            let varying = varyingNames(of: number, application, layers)
            result.add(
                onHost,
                application.role.tasks.map { task in
                    nodes(of: task, onHost, application: number, varying)
                })
        }
        return result
    }

    /// Whether the role's own condition is not false.
    private mutating func isApplied(_ application: RoleOnHost) -> Bool {
        guard let when = application.when else { return true }
        let truth = problems.collect(on: application.host.name) { () throws(Diagnostics) in
            try when.holds(in: application.variables)
        }
        return truth != nil && truth != .no
    }

    /// The names that are not the same on all hosts: what groups and hosts set, and what is made
    /// of it.
    private mutating func varyingNames(
        of number: Int, _ application: Application, _ layers: [VariableLayer]
    ) -> Set<String> {
        if let known = varying[number] { return known }
        let inventory = environment.inventory
        var seeds = BuiltinVariables.varying
        for group in inventory.groups { seeds.formUnion(group.vars.map(\.key)) }
        for host in inventory.hosts { seeds.formUnion(host.vars.map(\.key)) }
        let stack = VariableStack(
            layers: [application.role.defaults, environmentLayer] + application.layers
                + [setLayer])
        let names = stack.varying(from: seeds)
        varying[number] = names
        return names
    }

    private mutating func nodes(
        of task: TaskDeclaration, _ application: RoleOnHost, application number: Int,
        _ varying: Set<String>
    ) -> [Node] {
        if let known = shared[number]?[task.id] {
            return known.map {
                var node = Node(
                    task, $0.item, of: application, $0.state,
                    isUnconditional: $0.isUnconditional)
                node.credentials = $0.credentials
                node.delegate = $0.delegate == application.host.name ? nil : $0.delegate
                return node
            }
        }
        var uses = task.fields.uses
        for more in [
            task.model.when?.uses, application.when?.uses, task.forEach?.uses, task.delegate?.uses,
        ] {
            if let more { uses.formUnion(more) }
        }
        let fileUse = FileUse()
        let mayBeShared = uses.names.isDisjoint(with: varying)
        let host = mayBeShared ? nil : application.host.name
        let items: [Item?]
        if task.forEach == nil {
            items = [nil]
        } else {
            guard let found = self.items(of: task, application, on: host) else { return [] }
            items = found
        }
        var nodes = items.map { item in
            node(task, item, application, on: host, fileUse)
        }
        if mayBeShared, fileUse.all.names.isDisjoint(with: varying) {
            shared[number, default: [:]][task.id] = nodes.map {
                SharedNode(
                    item: $0.item, state: $0.state, delegate: $0.delegate,
                    isUnconditional: $0.isUnconditional, credentials: $0.credentials)
            }
        }
        for number in nodes.indices where nodes[number].delegate == application.host.name {
            nodes[number].delegate = nil
        }
        return nodes
    }

    private mutating func items(
        of task: TaskDeclaration, _ application: RoleOnHost, on host: HostName?
    ) -> [Item]? {
        guard let forEach = task.forEach else { return nil }
        return problems.collect(on: host) { () throws(Diagnostics) in
            try application.variables.check(forEach.uses)
            return try Item.all(
                of: forEach.rendered(
                    in: application.variables.scope, application.variables.trail))
        }
    }

    private mutating func node(
        _ task: TaskDeclaration, _ item: Item?, _ application: RoleOnHost, on host: HostName?,
        _ fileUse: FileUse
    ) -> Node {
        let tasks = outputs.placeholder(for: task, of: application.role)
        let variables =
            item == nil && tasks == nil
            ? application.variables
            : application.variables.adding(Item.layer(item, tasks: tasks ?? [:]), item)
        let reading = ResourceReading(
            task: task, application: application, variables: variables, check: fileUse)
        var node = Node(task, item, of: application)
        problems.collect(on: host) { () throws(Diagnostics) in
            let truth = try reading.truth()
            guard truth != .no else {
                node.state = .off
                return
            }
            node.isUnconditional = truth == .yes
            node.delegate = try task.delegate.map { value throws(Diagnostics) in
                try DelegateHost.name(value, variables, in: environment.inventory)
            }
            node.state = try Self.state(of: reading, owns: truth == .yes)
        }
        if let trail = variables.trail, !node.isOff {
            var uses = task.fields.uses
            uses.formUnion(fileUse.all)
            uses.formUnion(reading.templateUses)
            node.credentials = trail.used(by: uses)
        }
        return node
    }

    private static func state(
        of reading: ResourceReading, owns: Bool
    ) throws(Diagnostics) -> Node.State {
        switch try reading.resource() {
        case .later: return .later(nil)
        case .known(let resource):
            do throws(Diagnostics) {
                let fingerprint = try resource.fingerprint(reading.files)
                return .ready(
                    resource,
                    owns: owns ? OwnedThing.all(of: resource, fingerprint: fingerprint) : [])
            } catch {
                // A template of the role that needs a fact.
                guard error.all.allSatisfy({ $0.code == .knownOnlyLater }) else { throw error }
                return .later(resource)
            }
        }
    }

    private static func appliedTwice(_ first: RoleEntry, _ second: RoleEntry) -> Diagnostics {
        Diagnostics(
            Diagnostic(
                .roleTwice, "a host gets the role `\(second.name)` twice, not both times alike",
                at: second.role.place, hint: "give it a name of its own: `as: …`",
                related: [.init("the first time is here", at: first.role.place)]))
    }

    private static func missing(
        _ name: String, _ parameter: Parameter, of entry: RoleEntry
    ) -> Diagnostics {
        Diagnostics(
            Diagnostic(
                .missingParameter, "the role `\(entry.role.value)` needs the variable `\(name)`",
                at: entry.role.place, help: parameter.summary,
                related: [.init("it is declared here", at: parameter.place)]))
    }
}
