import Record
import Vocabulary

/// The tasks of one host, a row for each that did something or took a while; those that were as
/// they should be share the last row.
struct HostTimeline {
    private static let labels = 370.0
    private static let rowHeight = 20.0

    let host: HostTasks
    let scale: TimeScale

    /// Its time ends with its last task, so that all of its bars have room.
    init(_ host: HostTasks) {
        self.host = host
        scale = TimeScale(
            seconds: host.span?.upperBound ?? 0, start: Self.labels,
            width: Drawing.width - Self.labels - 70)
    }

    private func isNoted(_ task: RecordedTask) -> Bool {
        guard task.span != nil else { return false }
        switch task.status {
        case .unchanged, .skipped: return (task.seconds ?? 0) >= max(0.05, scale.seconds / 100)
        default: return true
        }
    }

    var drawing: Markup? {
        let noted = host.tasks.filter(isNoted)
            .sorted { ($0.started ?? 0, $0.task) < ($1.started ?? 0, $1.task) }
        let quiet = host.tasks.filter { $0.span != nil && !isNoted($0) }
        guard !noted.isEmpty || !quiet.isEmpty else { return nil }
        let rows = noted.count + (quiet.isEmpty ? 0 : 1)
        let height = Drawing.axisHeight + Double(rows) * Self.rowHeight + 6
        var content = [Drawing.axis(scale, height: height - 4)]
        for (index, task) in noted.enumerated() { content.append(row(task, index)) }
        if !quiet.isEmpty { content.append(row(quiet, noted.count)) }
        return Drawing.picture(
            height: height, label: "When the tasks of \(host.name) ran", content)
    }

    private func y(_ row: Int) -> Double { Drawing.axisHeight + Double(row) * Self.rowHeight }

    private func row(_ task: RecordedTask, _ index: Int) -> Markup {
        let y = y(index)
        let end = scale.x(task.span?.upperBound ?? 0)
        let length = task.seconds.map { Duration.seconds($0).brief } ?? "?"
        let mark = task.status.mark.map { "\($0) " } ?? ""
        return .all(
            [
                Drawing.text(
                    (mark + task.title.visible).clipped(54), x: Self.labels - 10, y: y + 14,
                    class: task.isGood ? nil : "strong", anchor: "end"),
                Drawing.bar(task, scale, y: y + 3, height: Self.rowHeight - 6),
                Drawing.text(
                    length, x: max(end, scale.x(task.started ?? 0) + 2) + 5, y: y + 14,
                    class: "length"),
            ].compactMap(\.self))
    }

    private func row(_ tasks: [RecordedTask], _ index: Int) -> Markup {
        let y = y(index)
        let label = "\(tasks.count) more as \(tasks.count == 1 ? "it" : "they") should be"
        return .all(
            [
                Drawing.text(
                    label, x: Self.labels - 10, y: y + 14, class: "tick", anchor: "end")
            ] + tasks.compactMap { Drawing.bar($0, scale, y: y + 5, height: Self.rowHeight - 10) })
    }
}

extension RecordedTask.Status {
    /// What stands for it where there is no room for words.
    var mark: String? {
        switch self {
        case .changed: "~"
        case .failed: "✗"
        case .cancelled, .unknown: "?"
        case .unchanged, .skipped, .pruned, .notStarted: nil
        }
    }
}
