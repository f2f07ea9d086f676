import Vocabulary

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
            place(of: step).map { Diagnostic.Related(words(for: step), at: $0) }
        }
        let reasons = shown.filter { place(of: $0) == nil }.map(words)
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

    private func words(for step: Link) -> String {
        "\(name(step.after)) waits for \(name(step.before)): \(step.reason)"
    }

    private func name(_ node: Int) -> String { "`\(ids[node].rawValue.visible)`" }

    private func place(of step: Link) -> SourcePlace? {
        step.place ?? (step.after < places.count ? places[step.after] : nil)
    }
}
