import Vocabulary

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

/// Puts a cycle into words.
struct CycleLabels {
    let ids: [TaskID]
    /// Of tasks.
    let places: [SourcePlace?]
    let firstBatchEnd: Int
    let links: [Link]

    /// - Parameter cycle: links, as ``Net/shortCycle(in:)`` gives them.
    func diagnostic(for cycle: [Int]) -> Diagnostic {
        let steps = startingWithTask(withoutBatchEnds(cycle.map { links[$0] }))
        let shown = steps.count <= 20 ? steps : Array(steps.prefix(19)) + steps.suffix(1)
        var path = shown.map { name($0.after) }
        if shown.count < steps.count { path.insert("… \(steps.count - 20) more …", at: 19) }
        path.append(name(steps[0].after))
        let related = shown.compactMap { step in
            place(of: step).map { place in
                let words = "\(name(step.after)) waits for \(name(step.before)): \(step.reason)"
                return Diagnostic.Related(words, at: place)
            }
        }
        let reasons = shown.filter { place(of: $0) == nil }.map { step in
            "\(name(step.after)) waits for \(name(step.before)): \(step.reason)"
        }
        let isBatches = cycle.contains { link in
            links[link].before >= firstBatchEnd || links[link].after >= firstBatchEnd
        }
        return Diagnostic(
            isBatches ? .graphBatchDeadlock : .graphCycle,
            (isBatches ? "tasks wait for a later batch: " : "tasks wait for each other: ")
                + path.joined(separator: " → "),
            at: place(of: steps[0]),
            subject: reasons.isEmpty ? nil : reasons.joined(separator: "; "),
            help: isBatches
                ? "put the host that is waited for into the same or an earlier batch"
                : "take one of these edges away",
            related: related)
    }

    /// A task waits for the end of a batch, which waits for a task: one step, with the reason
    /// of the first.
    private func withoutBatchEnds(_ cycle: [Link]) -> [Link] {
        guard let first = cycle.firstIndex(where: { $0.after < firstBatchEnd }) else {
            return cycle
        }
        var steps: [Link] = []
        for link in cycle[first...] + cycle[..<first] {
            if link.after >= firstBatchEnd, let last = steps.indices.last {
                steps[last].before = link.before
            } else {
                steps.append(link)
            }
        }
        return steps
    }

    /// The same cycle from its first task in the order given, so that it is always told alike.
    private func startingWithTask(_ steps: [Link]) -> [Link] {
        guard let first = steps.indices.min(by: { steps[$0].after < steps[$1].after })
        else { return steps }
        return Array(steps[first...] + steps[..<first])
    }

    private func name(_ node: Int) -> String { "`\(ids[node].rawValue.visible)`" }

    private func place(of step: Link) -> SourcePlace? {
        step.place ?? (step.after < places.count ? places[step.after] : nil)
    }
}
