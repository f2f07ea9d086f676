public import Vocabulary

/// Tasks and what comes after what, checked: every edge leads to a task, there is no cycle, and
/// no two tasks want different things of one.
public struct Graph<Work: Sendable>: Sendable {
    /// In the order given.
    public let tasks: [GraphTask<Work>]
    public let rolling: [RollingGroup: RollingPolicy]
    /// The soft edges that were dropped, because they would have closed a cycle.
    public let dropped: [(task: TaskID, edge: Edge)]
    let wiring: Wiring
    private let numbers: [TaskID: Int]

    /// Checks everything and throws all that is wrong, not only the first thing.
    ///
    /// - Parameter rolling: for each group of tasks that takes turns, how. A group that is not
    ///   named here does not.
    public init(
        checking tasks: [GraphTask<Work>], rolling: [RollingGroup: RollingPolicy] = [:]
    ) throws(Diagnostics) {
        try self.init(Draft(tasks), tasks: tasks, rolling: rolling)
    }

    init(
        _ draft: Draft, tasks: [GraphTask<Work>], rolling: [RollingGroup: RollingPolicy]
    ) throws(Diagnostics) {
        let finished = try draft.finished(
            turns: tasks.map { Turn(host: $0.host, group: $0.rolling, place: $0.place) },
            rolling: rolling)
        self.tasks = tasks
        self.rolling = rolling
        wiring = finished.wiring
        numbers = draft.numbers
        let ids = finished.wiring.ids
        dropped = finished.dropped.map { link in
            (ids[link.after], Edge(on: ids[link.before], link.reason, at: link.place))
        }
    }
}

extension Graph {
    public var isEmpty: Bool { tasks.isEmpty }

    public subscript(id: TaskID) -> GraphTask<Work>? { numbers[id].map { tasks[$0] } }

    /// All tasks, each behind everything that it comes after: by rank (the longest way to it),
    /// then in the order given.
    public var topological: [GraphTask<Work>] { numbersInOrder.map { tasks[$0] } }

    /// The tasks that the task comes directly after, in topological order.
    public func dependencies(of id: TaskID) -> [TaskID] { near(id, .before) }

    /// The tasks that come directly after the task, in topological order.
    public func dependents(of id: TaskID) -> [TaskID] { near(id, .after) }

    /// Everything that the task depends on, however far back.
    public func ancestors(of id: TaskID) -> Set<TaskID> {
        Set(numbers[id].map(wiring.ancestors(of:))?.map { wiring.ids[$0] } ?? [])
    }

    /// Everything that depends on the task: what its failure prunes.
    public func descendants(of id: TaskID) -> Set<TaskID> {
        Set(numbers[id].map(wiring.descendants(of:))?.map { wiring.ids[$0] } ?? [])
    }

    /// The edges of a task that are in force: written and soft ones, not those of batches. An
    /// edge to a task that a filter left out is not among them.
    public func edges(of id: TaskID) -> [Edge] {
        guard let number = numbers[id] else { return [] }
        return wiring.incoming[number].compactMap { before, link in
            guard wiring.waypoint(before) == nil else { return nil }
            let link = wiring.links[link]
            return Edge(on: wiring.ids[before], link.reason, at: link.place)
        }
    }

    var numbersInOrder: some Sequence<Int> { wiring.order.lazy.filter { $0 < tasks.count } }

    func number(of id: TaskID) -> Int? { numbers[id] }

    private func near(_ id: TaskID, _ direction: Wiring.Direction) -> [TaskID] {
        numbers[id].map { wiring.neighbours(of: $0, direction).map { wiring.ids[$0] } } ?? []
    }
}
