public import Vocabulary

/// What a filter does about the tasks that a chosen one depends on.
public enum FilterReach: Hashable, Sendable {
    /// Only what was chosen: what the rest would do is taken to be done already.
    case chosenOnly
    /// Also everything that the chosen ones depend on.
    case withDependencies
}

extension Graph {
    /// The graph of some of the tasks, as for `--tags` and `--limit`.
    ///
    /// Two tasks that stood in order because of a task between them still do. Batches are cut
    /// anew from the hosts that are left; where that makes a deadlock, it throws.
    public func filtered(
        _ reach: FilterReach = .chosenOnly, keeping isChosen: (GraphTask<Work>) -> Bool
    ) throws(Diagnostics) -> Graph {
        var isKept = tasks.map(isChosen)
        if reach == .withDependencies {
            var isWanted = isKept + [Bool](repeating: false, count: wiring.waypoints.count)
            spread(&isWanted, over: wiring.order.reversed(), wiring.outgoing) {
                wiring.isBinding[$0]
            }
            for number in tasks.indices where isWanted[number] { isKept[number] = true }
        }
        let kept = tasks.indices.filter { isKept[$0] }
        let between = nodesBetween(isKept)
        var newNumber = [Int](repeating: -1, count: wiring.nodeCount)
        for (number, node) in (kept + between).enumerated() { newNumber[node] = number }
        let links = wiring.links.compactMap { link -> Link? in
            let (before, after) = (newNumber[link.before], newNumber[link.after])
            guard before >= 0, after >= 0 else { return nil }
            var renumbered = link
            (renumbered.before, renumbered.after) = (before, after)
            return renumbered
        }
        let draft = Draft(
            ids: (kept + between).map { wiring.ids[$0] }, taskCount: kept.count, links: links)
        return try Graph(draft, tasks: kept.map { tasks[$0] }, rolling: rolling)
    }

    /// The left-out nodes on ways from kept tasks to kept tasks. Batch ends are none.
    private func nodesBetween(_ isKept: [Bool]) -> [Int] {
        let rest = [Bool](repeating: false, count: wiring.waypoints.count)
        var isBehind = isKept + rest
        var isAhead = isBehind
        let isEdge = { (link: Int) in
            if case .batch = wiring.links[link].reason { false } else { true }
        }
        spread(&isBehind, over: wiring.order, wiring.incoming, isEdge)
        spread(&isAhead, over: wiring.order.reversed(), wiring.outgoing, isEdge)
        return (0..<wiring.nodeCount).filter { node in
            if node < isKept.count, isKept[node] { return false }
            return isBehind[node] && isAhead[node]
        }
    }

    /// Marks each node that has a marked neighbour, in an order in which those come first.
    private func spread(
        _ marks: inout [Bool], over order: some Sequence<Int>, _ neighbours: Adjacency,
        _ isEdge: (Int) -> Bool
    ) {
        for node in order where !marks[node] {
            marks[node] = neighbours[node].contains { marks[$0.node] && isEdge($0.link) }
        }
    }
}
