/// What may start when: a pure machine that is told what ended and says what is next. It knows
/// no clock, no task and no concurrency.
struct Scheduler {
    enum Ending {
        case succeeded, failed, cancelled
        case pruned(root: Int)
        case withheld(TaskStatus.Reason)
    }

    enum News {
        case settled(Int, Ending)
        case batchStarted(Int)
        case batchHalted(Int, failed: [String])
    }

    private let wiring: Wiring
    private let hosts: [String?]
    private let maxFailures: [Int]
    private var lanes: Lanes
    /// How many nodes that a node comes after have not ended.
    private var missing: [Int]
    /// The place of the first failed task that a node depends on.
    private var root: [Int]
    private var withheld: [Int: TaskStatus.Reason] = [:]
    private var failedHosts: [Int: Set<String>] = [:]
    private var halted: Set<RollingGroup> = []
    private var isStopping = false
    private var news: [News] = []
    private var links = 0
    private(set) var unsettled: Int

    init<Work>(_ graph: Graph<Work>, _ options: RunOptions) {
        wiring = graph.wiring
        hosts = graph.tasks.map(\.host)
        maxFailures = wiring.batches.map { graph.rolling[$0.group]?.maxFailures ?? 0 }
        lanes = Lanes(graph, options)
        missing = (0..<wiring.nodeCount).map { [wiring] in wiring.incoming[$0].count }
        root = [Int](repeating: .max, count: wiring.nodeCount)
        unsettled = wiring.nodeCount
        for (number, batch) in wiring.batches.enumerated() where batch.number == 1 {
            news.append(.batchStarted(number))
        }
        for node in wiring.order.filter({ missing[$0] == 0 }) {
            if let ending = readied(node) { settle(node, as: ending) }
        }
    }

    /// What the queues and edges have cost so far.
    var effort: Int { lanes.effort + links }

    /// The next task to start now, if any can.
    mutating func start() -> Int? { isStopping ? nil : lanes.start() }

    /// An attempt ended: the task gives back what it held.
    mutating func release(_ node: Int) { lanes.end(node) }

    /// The task waits for its turn once more.
    mutating func requeue(_ node: Int) { lanes.add(node) }

    /// Nothing starts any more. Returns the tasks that were waiting for their turn, for the
    /// caller to settle.
    mutating func stop() -> [Int] {
        isStopping = true
        return lanes.drain()
    }

    mutating func takeNews() -> [News] {
        let taken = news
        news = []
        return taken
    }

    /// A node has ended; so have all those that can now no longer run.
    mutating func settle(_ node: Int, as ending: Ending) {
        var open = [(node, ending)]
        while let (node, ending) = open.popLast() {
            unsettled -= 1
            news.append(.settled(node, ending))
            note(ending, inBatchOf: node)
            if case .batchEnd(let batch) = wiring.waypoint(node) { close(batch) }
            for (next, link) in wiring.outgoing[node] {
                links += 1
                if wiring.isBinding[link] { pass(ending, of: node, on: next) }
                missing[next] -= 1
                if missing[next] == 0, let ending = readied(next) { open.append((next, ending)) }
            }
        }
    }

    /// All that a node comes after has ended: it queues, or has ended itself.
    private mutating func readied(_ node: Int) -> Ending? {
        if root[node] < .max { return .pruned(root: wiring.order[root[node]]) }
        if let reason = withheld[node] { return .withheld(reason) }
        if wiring.waypoint(node) != nil { return .succeeded }
        if let batch = wiring.batchOfTask[node] {
            let group = wiring.batches[batch].group
            if halted.contains(group) { return .withheld(.batchHalted(group)) }
        }
        if isStopping { return .withheld(.stopped) }
        lanes.add(node)
        return nil
    }

    private mutating func pass(_ ending: Ending, of node: Int, on next: Int) {
        switch ending {
        case .succeeded: return
        case .failed: root[next] = min(root[next], wiring.priority[node])
        case .pruned(let cause): root[next] = min(root[next], wiring.priority[cause])
        case .cancelled: withhold(next, .stopped)
        case .withheld(let reason): withhold(next, reason)
        }
    }

    /// A halted batch says more than a stopped run, and of two the first by name is told: the
    /// end does not depend on which came first.
    private mutating func withhold(_ node: Int, _ reason: TaskStatus.Reason) {
        switch (withheld[node], reason) {
        case (nil, _), (.stopped, _): withheld[node] = reason
        case (.batchHalted(let known), .batchHalted(let new)) where new < known:
            withheld[node] = reason
        case (.batchHalted, _): return
        }
    }

    private mutating func note(_ ending: Ending, inBatchOf node: Int) {
        switch ending {
        case .succeeded, .withheld: return
        case .failed, .pruned, .cancelled:
            guard let batch = wiring.batchOfTask[node], let host = hosts[node] else { return }
            failedHosts[batch, default: []].insert(host)
        }
    }

    /// All tasks of a batch have ended: the next one starts, unless too many hosts failed.
    private mutating func close(_ number: Int) {
        let batch = wiring.batches[number]
        guard batch.number < batch.of, !halted.contains(batch.group), !isStopping else { return }
        let failed = failedHosts[number] ?? []
        if failed.count > maxFailures[number] {
            halted.insert(batch.group)
            news.append(.batchHalted(number, failed: failed.sorted()))
        } else {
            news.append(.batchStarted(number + 1))
        }
    }
}

extension Lanes {
    /// Rooms are the hosts, then the semaphores, in the order in which tasks name them first.
    init<Work>(_ graph: Graph<Work>, _ options: RunOptions) {
        var hosts: [String: Int] = [:]
        var semaphores: [SemaphoreName: Int] = [:]
        var capacities: [Int] = []
        let needs = graph.tasks.map { task in
            var rooms: [Int] = []
            if let host = task.host {
                if hosts[host] == nil {
                    hosts[host] = capacities.count
                    capacities.append(options.perHost)
                }
                rooms += hosts[host].map { [$0] } ?? []
            }
            for name in Set(task.semaphores).sorted() {
                if semaphores[name] == nil {
                    semaphores[name] = capacities.count
                    capacities.append(options.semaphores[name] ?? 1)
                }
                rooms += semaphores[name].map { [$0] } ?? []
            }
            return rooms
        }
        self.init(
            limit: options.limit, capacities: capacities, needs: needs,
            priority: graph.wiring.priority, order: graph.wiring.order)
    }
}
