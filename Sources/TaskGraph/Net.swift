/// Some links of a draft, ready to be walked in both directions.
struct Net {
    let nodeCount: Int
    let incoming: Adjacency
    let outgoing: Adjacency

    init(nodeCount: Int, links: [Link], where included: (Link) -> Bool) {
        self.nodeCount = nodeCount
        let ends = links.map { included($0) ? (before: $0.before, after: $0.after) : nil }
        outgoing = Adjacency(nodeCount: nodeCount, linkCount: links.count) { link in
            ends[link].map { ($0.before, $0.after) }
        }
        incoming = Adjacency(nodeCount: nodeCount, linkCount: links.count) { link in
            ends[link].map { ($0.after, $0.before) }
        }
    }

    /// All nodes of a net without cycles by rank (the longest way to them), then by number:
    /// Kahn's algorithm, then a counting sort.
    func order() -> [Int] {
        var missing = (0..<nodeCount).map { incoming[$0].count }
        var rank = [Int](repeating: 0, count: nodeCount)
        var queue = (0..<nodeCount).filter { missing[$0] == 0 }
        var head = 0
        while head < queue.count {
            let node = queue[head]
            head += 1
            for (next, _) in outgoing[node] {
                rank[next] = max(rank[next], rank[node] + 1)
                missing[next] -= 1
                if missing[next] == 0 { queue.append(next) }
            }
        }
        var starts = [Int](repeating: 0, count: (rank.max() ?? 0) + 2)
        for rank in rank { starts[rank + 1] += 1 }
        for rank in starts.indices.dropFirst() { starts[rank] += starts[rank - 1] }
        var order = [Int](repeating: 0, count: nodeCount)
        for node in 0..<nodeCount {
            order[starts[rank[node]]] = node
            starts[rank[node]] += 1
        }
        return order
    }

    /// The sets of nodes that all reach each other: where there is a cycle. Tarjan's algorithm
    /// with a stack of its own, for graphs that are deeper than a thread's.
    func tangles() -> [[Int]] {
        var walk = TarjanWalk(nodeCount: nodeCount)
        for root in 0..<nodeCount where walk.isNew(root) { walk.visit(from: root, outgoing) }
        return walk.tangles
    }
}

private struct TarjanWalk {
    private var index: [Int]
    private var low: [Int]
    private var onStack: [Bool]
    private var stack: [Int] = []
    private var counter = 0
    private(set) var tangles: [[Int]] = []

    init(nodeCount: Int) {
        index = [Int](repeating: -1, count: nodeCount)
        low = index
        onStack = [Bool](repeating: false, count: nodeCount)
    }

    func isNew(_ node: Int) -> Bool { index[node] < 0 }

    mutating func visit(from root: Int, _ outgoing: Adjacency) {
        enter(root)
        var path = [(node: root, rest: outgoing[root])]
        while let (node, rest) = path.last {
            if let (next, _) = rest.first {
                path[path.count - 1].rest = rest.dropFirst()
                if isNew(next) {
                    enter(next)
                    path.append((next, outgoing[next]))
                } else if onStack[next] {
                    low[node] = min(low[node], index[next])
                }
            } else {
                path.removeLast()
                if let (parent, _) = path.last { low[parent] = min(low[parent], low[node]) }
                if low[node] == index[node] { close(node, outgoing) }
            }
        }
    }

    private mutating func enter(_ node: Int) {
        index[node] = counter
        low[node] = counter
        counter += 1
        stack.append(node)
        onStack[node] = true
    }

    private mutating func close(_ root: Int, _ outgoing: Adjacency) {
        var members: [Int] = []
        while let node = stack.popLast() {
            onStack[node] = false
            members.append(node)
            if node == root { break }
        }
        let isTangle = members.count > 1 || outgoing[root].contains { $0.node == root }
        if isTangle { tangles.append(members.sorted()) }
    }
}
