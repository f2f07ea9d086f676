import Vocabulary

extension Draft {
    /// Cuts batches, looks for cycles, decides on the soft edges and puts the nodes in order.
    func finished(
        turns: [Turn], rolling: [RollingGroup: RollingPolicy]
    ) throws(Diagnostics) -> (wiring: Wiring, dropped: [Link]) {
        let taskCount = turns.count
        var batching = Batching(turns: turns, rolling: rolling, firstNode: ids.count)
        let nodes = ids.count + batching.batches.count
        let links = links + batching.takeLinks()
        let ids =
            ids + batching.batches.map { TaskID("the end of batch \($0.number) of \($0.group)") }

        let hard = Net(nodeCount: nodes, links: links) { !$0.isSoft }
        var problems = problems
        let labels = CycleLabels(
            ids: ids, places: turns.map(\.place), firstBatchEnd: self.ids.count, links: links)
        for component in hard.tangles() {
            problems.add(labels.diagnostic(for: hard.shortCycle(in: component)))
        }
        try problems.throwIfErrors()

        let kept = hard.softLinksKept(links)
        let dropped = links.indices.filter { !kept[$0] }.map { links[$0] }
        let remaining = links.indices.filter { kept[$0] }.map { links[$0] }
        let net = Net(nodeCount: nodes, links: remaining) { _ in true }
        let order = net.order()
        var priority = [Int](repeating: 0, count: nodes)
        for (place, node) in order.enumerated() { priority[node] = place }
        let wiring = Wiring(
            taskCount: taskCount,
            ids: ids,
            waypoints: [Waypoint](repeating: .leftOut, count: leftOut)
                + batching.batches.indices.map(Waypoint.batchEnd),
            batches: batching.batches,
            batchOfTask: batching.batchOfTask,
            links: remaining,
            incoming: net.incoming,
            outgoing: net.outgoing,
            isBinding: remaining.map(\.reason.isBinding),
            order: order,
            priority: priority)
        return (wiring, dropped)
    }
}
