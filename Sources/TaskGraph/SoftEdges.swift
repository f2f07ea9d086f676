extension Net {
    /// Which links stay: all hard ones, and each soft one, in order, that closes no cycle with
    /// those which stayed before it. `self` is the net of the hard ones, which has no cycles.
    ///
    /// Only soft links inside a tangle of the whole graph can close one; there is hardly ever
    /// one, and then this is linear. Within a tangle each link costs what it disturbs.
    func softLinksKept(_ links: [Link]) -> [Bool] {
        var kept = [Bool](repeating: true, count: links.count)
        guard links.contains(where: \.isSoft) else { return kept }
        let whole = Net(nodeCount: nodeCount, links: links) { _ in true }
        let tangles = whole.tangles()
        guard !tangles.isEmpty else { return kept }

        var tangleOf = [Int](repeating: -1, count: nodeCount)
        for (number, members) in tangles.enumerated() {
            for node in members { tangleOf[node] = number }
        }
        var order = MaintainedOrder(order(), outgoing: outgoing, incoming: incoming)
        for (number, link) in links.enumerated() where link.isSoft {
            guard tangleOf[link.before] >= 0, tangleOf[link.before] == tangleOf[link.after]
            else { continue }
            kept[number] = order.add(before: link.before, after: link.after)
        }
        return kept
    }
}

/// A topological order that takes one more link at a time (Pearce, Kelly 2006: "A dynamic
/// topological sort algorithm for directed acyclic graphs").
private struct MaintainedOrder {
    private var place: [Int]
    private let outgoing: Adjacency
    private let incoming: Adjacency
    private var addedAfter: [Int: [Int]] = [:]
    private var addedBefore: [Int: [Int]] = [:]

    init(_ order: [Int], outgoing: Adjacency, incoming: Adjacency) {
        place = [Int](repeating: 0, count: order.count)
        for (position, node) in order.enumerated() { place[node] = position }
        self.outgoing = outgoing
        self.incoming = incoming
    }

    /// Adds the link, unless it would close a cycle.
    mutating func add(before: Int, after: Int) -> Bool {
        let (lowest, highest) = (place[after], place[before])
        if highest > lowest {
            let later = reached(from: after, outgoing, addedAfter) { $0 <= highest }
            if later.contains(before) { return false }
            let earlier = reached(from: before, incoming, addedBefore) { $0 >= lowest }
            let moved = earlier.sorted(by: stands) + later.sorted(by: stands)
            let places = moved.map { place[$0] }.sorted()
            for (node, position) in zip(moved, places) { place[node] = position }
        }
        addedAfter[before, default: []].append(after)
        addedBefore[after, default: []].append(before)
        return true
    }

    private func stands(_ left: Int, before right: Int) -> Bool { place[left] < place[right] }

    private func reached(
        from start: Int, _ adjacency: Adjacency, _ added: [Int: [Int]],
        while within: (Int) -> Bool
    ) -> Set<Int> {
        var seen: Set<Int> = [start]
        var open = [start]
        while let node = open.popLast() {
            let nexts = adjacency[node].lazy.map(\.node) + (added[node] ?? [])
            for next in nexts where within(place[next]) && seen.insert(next).inserted {
                open.append(next)
            }
        }
        return seen
    }
}
