extension Net {
    /// A short cycle within a tangle, as links: each one's `before` is the `after` of the next
    /// one, so that it reads "a waits for b, b waits for c, c waits for a".
    ///
    /// The shortest of those through the nodes that a fixed number of steps reaches: in a
    /// tangle of a usual size that is every node.
    func shortCycle(in tangle: [Int]) -> [Int] {
        let members = Set(tangle)
        var steps = 200_000
        var best: [Int] = []
        for start in tangle {
            let found = cycle(through: start, within: members, shorterThan: best.count, &steps)
            if let found { best = found }
            if best.count == 1 || steps <= 0, !best.isEmpty { break }
        }
        return best
    }

    /// Breadth first from a node, against the links, back to it.
    private func cycle(
        through start: Int, within members: Set<Int>, shorterThan bound: Int, _ steps: inout Int
    ) -> [Int]? {
        var cameBy: [Int: (node: Int, link: Int)] = [:]
        var layer = [start]
        var depth = 0
        while !layer.isEmpty {
            depth += 1
            if bound > 0, depth >= bound { return nil }
            var nextLayer: [Int] = []
            for node in layer {
                for (next, link) in incoming[node] where members.contains(next) {
                    steps -= 1
                    if next == start {
                        return way(to: node, from: start, cameBy) + [link]
                    }
                    if cameBy[next] == nil {
                        cameBy[next] = (node, link)
                        nextLayer.append(next)
                    }
                }
            }
            layer = nextLayer
        }
        return nil
    }

    private func way(
        to node: Int, from start: Int, _ cameBy: [Int: (node: Int, link: Int)]
    ) -> [Int] {
        var links: [Int] = []
        var current = node
        while current != start, let (node, link) = cameBy[current] {
            links.append(link)
            current = node
        }
        return links.reversed()
    }
}
