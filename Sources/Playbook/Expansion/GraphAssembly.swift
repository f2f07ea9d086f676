import Hosts
import Resources
import TaskGraph
import Vocabulary

/// Makes graph tasks of the nodes of all hosts: ids, edges, ownership.
struct GraphAssembly {
    let inventory: Inventory
    private let hosts: [HostNodes]
    private let numbers: [HostName: Int]

    init(_ hosts: [HostNodes], inventory: Inventory) {
        self.hosts = hosts
        self.inventory = inventory
        numbers = Dictionary(
            hosts.enumerated().map { ($0.element.host.name, $0.offset) },
            uniquingKeysWith: { first, _ in first })
    }

    func tasks() -> [GraphTask<HostTask>] {
        hosts.flatMap { host -> [GraphTask<HostTask>] in
            guard !host.nodes.isEmpty else { return [] }
            let observe = GraphTask(
                id: HostTask.observation(of: host.host.name), title: "observe",
                host: host.host.name.rawValue,
                work: HostTask(
                    kind: .observe, host: host.host, owner: host.host.name, tags: [],
                    stateDirectory: host.stateDirectory))
            return [observe] + tasks(of: host)
        }
    }

    private func tasks(of host: HostNodes) -> [GraphTask<HostTask>] {
        let links = HostLinks(host, others: self)
        return host.nodes.indices.compactMap { number -> GraphTask<HostTask>? in
            let node = host.nodes[number]
            // A handler that nothing notifies is never due.
            if node.task.isHandler, links.notifiers[number].isEmpty { return nil }
            return task(node, number, host, links)
        }
    }

    private func task(
        _ node: Node, _ number: Int, _ host: HostNodes, _ links: HostLinks
    ) -> GraphTask<HostTask> {
        let id = node.id
        let doer = node.delegate.flatMap { numbers[$0] }.map { hosts[$0] } ?? host
        let resource = resourceTask(
            node, on: doer, links.notified[number].map { host.nodes[$0] }, links)
        let kind: HostTask.Kind =
            node.task.isHandler
            ? .handler(
                resource,
                notifiedBy: links.notifiers[number].map { host.nodes[$0] }.filter { !$0.isOff }
                    .map(\.id))
            : .resource(resource)
        // What is done for a host is not done when that cannot be reached.
        let observed = [doer.host.name, host.host.name].prefix(node.delegate == nil ? 1 : 2)
            .map { Edge(on: HostTask.observation(of: $0), .host) }
        return GraphTask(
            id: id, title: node.title, host: host.host.name.rawValue, place: node.task.place,
            after: observed + links.hard[number], softAfter: links.soft[number],
            semaphores: node.task.model.semaphores.map { name in
                let isPerHost = name.hasSuffix("@host")
                return SemaphoreName(
                    isPerHost ? "\(name.dropLast(4))\(doer.host.name)" : name)
            },
            owns: node.owned.map { $0.ownership(on: doer.host.name) },
            retry: node.task.model.retry?.policy ?? .never, timeout: node.task.model.timeout,
            rolling: node.application.rolling,
            work: HostTask(
                kind: kind, host: doer.host, owner: host.host.name,
                tags: node.application.tags(of: node.task), stateDirectory: doer.stateDirectory))
    }

    private func resourceTask(
        _ node: Node, on doer: HostNodes, _ notified: [Node], _ links: HostLinks
    ) -> ResourceTask {
        let application = node.application
        let stage: ResourceTask.Stage =
            switch node.state {
            case .ready(let resource, _): .ready(resource)
            case .later, .failed: .deferred
            case .off: .off
            }
        let sources = links.sources(of: node)
        // The files' variables: those of the task's item too.
        let variables =
            node.item == nil
            ? application.variables
            : application.variables.adding(Item.layer(node.item, tasks: [:]), node.item)
        let late = LateResource(
            application: application, task: node.task, item: node.item, sources: sources,
            stateDirectory: doer.stateDirectory, isUnconditional: node.isUnconditional)
        return ResourceTask(
            role: application.name, id: node.task.id(with: node.item),
            typeName: node.task.type.name, place: node.task.place,
            privilege: application.privilege(of: node.task, on: doer.host),
            resource: stage, notifies: notified.map(\.id),
            network: node.task.isNetwork
                ? NetworkMark(
                    handlers: notified.filter(\.task.isNetwork).map(\.id),
                    seconds: doer.networkRevertSeconds) : nil,
            files: RoleFiles(
                directory: application.role.path, stateDirectory: doer.stateDirectory,
                cache: application.cache, variables: variables),
            outputNames: node.task.outputNames, credentials: node.credentials, late: late)
    }
}

// MARK: - Finding tasks

extension GraphAssembly {
    /// The nodes on a host that a reference names, for a task with this item.
    ///
    /// Of a task with the same items only the one with the same key is meant. A task without any
    /// node (an empty `for_each`, a handler that is never due) stands for what it comes after.
    func targets(
        of reference: TaskReference, from application: RoleOnHost, _ item: Item?, on host: HostNodes
    ) -> [Int] {
        var visited: Set<String> = []
        return targets(of: reference, from: application, item, on: host, &visited)
    }

    private func targets(
        of reference: TaskReference, from application: RoleOnHost, _ item: Item?,
        on host: HostNodes, _ visited: inout Set<String>
    ) -> [Int] {
        var result: [Int] = []
        for (number, other) in host.applications.enumerated() {
            let isMeant =
                switch reference.role {
                case nil: other === application
                case let name?: name == other.name || name == other.role.name
                }
            guard isMeant, let task = other.role.taskIndex[reference.task] else { continue }
            let nodes = host.index[number][task]
            if nodes.isEmpty {
                guard visited.insert("\(number)/\(task)").inserted else { continue }
                for text in other.role.tasks[task].model.after {
                    let further = TaskReference(text)
                    guard further.hosts == nil else { continue }
                    result += targets(of: further, from: other, nil, on: host, &visited)
                }
            } else if let item,
                let same = nodes.first(where: { host.nodes[$0].item?.key == item.key })
            {
                result.append(same)
            } else {
                result += nodes
            }
        }
        return result
    }

    /// The hosts that a pattern in `after` means. It was checked before.
    func hosts(matching pattern: String, at place: SourcePlace) -> [HostNodes] {
        guard let found = try? HostPattern(pattern, at: place).hosts(in: inventory) else {
            return []
        }
        return found.compactMap { numbers[$0.name].map { hosts[$0] } }
    }
}
