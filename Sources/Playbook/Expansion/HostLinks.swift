import Hosts
import Resources
import TaskGraph
import Vocabulary

/// The edges of one host's tasks.
struct HostLinks {
    private let host: HostNodes
    private let others: GraphAssembly
    /// By node: what it comes after.
    private(set) var hard: [[Edge]]
    private(set) var soft: [[Edge]]
    /// By node: the handlers that it notifies, and for a handler what notifies it.
    private(set) var notified: [[Int]]
    private(set) var notifiers: [[Int]]
    /// Nodes with a hard edge to or from another one of their application.
    private var hasBefore: [Bool]
    private var hasAfter: [Bool]

    init(_ host: HostNodes, others: GraphAssembly) {
        self.host = host
        self.others = others
        let count = host.nodes.count
        hard = Array(repeating: [], count: count)
        soft = Array(repeating: [], count: count)
        notified = Array(repeating: [], count: count)
        notifiers = Array(repeating: [], count: count)
        hasBefore = Array(repeating: false, count: count)
        hasAfter = Array(repeating: false, count: count)
        for number in host.nodes.indices { addNotifications(of: number) }
        for number in host.nodes.indices { addWritten(to: number) }
        addRoleOrder()
        soft = AutomaticEdges(host, isLeftOut: isLeftOut).edges
    }

    private func isLeftOut(_ number: Int) -> Bool {
        host.nodes[number].task.isHandler && notifiers[number].isEmpty
    }

    private mutating func addNotifications(of number: Int) {
        let node = host.nodes[number]
        for text in node.task.model.notify {
            let reference = TaskReference(text)
            let handlers = others.targets(
                of: reference, from: node.application, node.item, on: host)
            for handler in handlers where host.nodes[handler].task.isHandler {
                guard !notifiers[handler].contains(number) else { continue }
                notified[number].append(handler)
                notifiers[handler].append(number)
                hard[handler].append(Edge(on: node.id, .notify, at: reference.place))
                note(number, before: handler)
            }
        }
    }

    private mutating func addWritten(to number: Int) {
        let node = host.nodes[number]
        for text in node.task.model.after {
            let reference = TaskReference(text)
            guard let pattern = reference.hosts else {
                let targets = others.targets(
                    of: reference, from: node.application, node.item, on: host)
                for target in targets { link(target, before: number, .explicit, reference.place) }
                continue
            }
            for other in others.hosts(matching: pattern, at: reference.place) {
                for target in others.targets(
                    of: reference, from: node.application, node.item, on: other)
                {
                    hard[number].append(
                        Edge(on: other.nodes[target].id, .explicit, at: reference.place))
                }
            }
        }
        for name in outputsUsed(by: node) {
            for target in ownTask(named: name, of: node) {
                link(target, before: number, .output, node.task.place)
            }
        }
    }

    /// - Parameter place: where the order is written.
    private mutating func link(
        _ before: Int, before after: Int, _ reason: EdgeReason, _ place: SourcePlace
    ) {
        guard before != after || reason == .explicit, !isLeftOut(before) else { return }
        hard[after].append(Edge(on: host.nodes[before].id, reason, at: place))
        note(before, before: after)
    }

    private mutating func note(_ before: Int, before after: Int) {
        guard host.nodes[before].application === host.nodes[after].application else { return }
        hasAfter[before] = true
        hasBefore[after] = true
    }

    /// `after:` of roles: their first tasks after the last ones of the other role.
    private mutating func addRoleOrder() {
        for (number, application) in host.applications.enumerated() {
            for name in application.role.after {
                for (other, candidate) in host.applications.enumerated()
                where candidate.role.name == name.value && other != number {
                    let last = host.index[other].joined().filter { !hasAfter[$0] && !isLeftOut($0) }
                    let first = host.index[number].joined().filter { !hasBefore[$0] }
                    for node in first where !isLeftOut(node) {
                        hard[node] += last.map {
                            Edge(on: host.nodes[$0].id, .explicit, at: name.place)
                        }
                    }
                }
            }
        }
    }
}

// MARK: - Outputs

extension HostLinks {
    private func outputsUsed(by node: Node) -> [String] {
        var uses = node.task.fields.uses
        if let when = node.task.model.when { uses.formUnion(when.uses) }
        return uses.tasks.sorted()
    }

    /// The tasks of the same role that a template names in `tasks.NAME`.
    private func ownTask(named name: String, of node: Node) -> [Int] {
        let tasks = node.application.role.tasks
        guard
            let task = tasks.first(where: {
                !$0.model.outputs.isEmpty && OutputSource.spellings(of: $0.id).contains(name)
            }),
            !node.task.model.after.contains(where: { TaskReference($0).task == task.id })
        else { return [] }
        return others.targets(
            of: TaskReference(task.model.id), from: node.application, node.item, on: host)
    }

    /// The tasks whose outputs the node can use: those that it directly comes after.
    func sources(of node: Node) -> [OutputSource] {
        var result: [OutputSource] = []
        func add(_ targets: [Int], on host: HostNodes) {
            for target in targets {
                let other = host.nodes[target]
                guard !other.task.model.outputs.isEmpty else { continue }
                result.append(
                    OutputSource(
                        name: other.task.id, task: other.id,
                        itemKey: targets.count > 1 ? other.item?.key : nil,
                        outputs: other.task.model.outputs))
            }
        }
        for text in node.task.model.after {
            let reference = TaskReference(text)
            let hosts = reference.hosts.map { others.hosts(matching: $0, at: reference.place) }
            for other in hosts ?? [host] {
                add(
                    others.targets(of: reference, from: node.application, node.item, on: other),
                    on: other)
            }
        }
        for name in outputsUsed(by: node) { add(ownTask(named: name, of: node), on: host) }
        return result
    }
}
