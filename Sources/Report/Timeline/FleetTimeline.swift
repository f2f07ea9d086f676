import Record
import Vocabulary

/// All hosts, a row for each. Of a large fleet those that had nothing to do, and what goes beyond
/// what a person looks through, are folded into one row for all that are alike.
struct FleetTimeline {
    private static let labels = 250.0
    private static let limit = 60
    private static let lineHeight = 7.0

    /// A row.
    private enum Row {
        case host(HostTasks)
        case folded([HostTasks], String)

        var tasks: [RecordedTask] {
            if case .host(let host) = self { host.tasks } else { [] }
        }
    }

    private let rows: [Row]
    private let scale: TimeScale
    private let count: Int

    init(_ hosts: [HostTasks], seconds: Double) {
        scale = TimeScale(
            seconds: seconds, start: Self.labels, width: Drawing.width - Self.labels - 40)
        count = hosts.count
        guard hosts.count > Self.limit else {
            rows = hosts.map(Row.host)
            return
        }
        let eventful = hosts.filter(\.isEventful)
        var rows = eventful.prefix(Self.limit).map(Row.host)
        let rest = Array(eventful.dropFirst(Self.limit))
        let failed = rest.filter { $0.failed > 0 }
        let others = rest.filter { $0.failed == 0 }
        if !failed.isEmpty { rows.append(.folded(failed, "\(failed.count) more with failures")) }
        if !others.isEmpty { rows.append(.folded(others, "\(others.count) more with changes")) }
        let quiet = hosts.filter { !$0.isEventful }
        if !quiet.isEmpty {
            let hosts = quiet.count == 1 ? "host" : "hosts"
            rows.append(.folded(quiet, "\(quiet.count) \(hosts) with nothing to change"))
        }
        self.rows = rows
    }

    var drawing: Markup {
        var y = Drawing.axisHeight
        var content: [Markup] = []
        for (index, row) in rows.enumerated() {
            let (markup, height) = draw(row, y: y)
            if index % 2 == 1 {
                content.append(
                    .tag(
                        "rect",
                        [
                            "class": "row", "x": "0", "y": Drawing.points(y),
                            "width": Drawing.points(Drawing.width),
                            "height": Drawing.points(height),
                        ]))
            }
            content.append(markup)
            y += height
        }
        // The lines of the time lie over the stripes and under nothing that hides them.
        let axis = Drawing.axis(scale, height: y)
        return Drawing.picture(
            height: y + 4, label: "When tasks ran, for each of \(count) hosts", [axis] + content)
    }

    private func draw(_ row: Row, y: Double) -> (Markup, height: Double) {
        switch row {
        case .host(let host):
            let bars = host.tasks.filter { $0.span != nil }
            let shortest = 3 / scale.width * scale.seconds
            let spans = bars.map { task in
                let span = task.span ?? 0...0
                return span.lowerBound...max(span.upperBound, span.lowerBound + shortest)
            }
            let packed = Packing.lines(of: spans, gap: 0, most: 4)
            let height = max(20, Double(packed.count) * (Self.lineHeight + 1) + 6)
            let top = y + (height - Double(packed.count) * (Self.lineHeight + 1)) / 2
            let label = Drawing.text(
                host.name.visible.clipped(32), x: Self.labels - 10, y: y + height / 2 + 4,
                class: host.failed > 0 ? "strong" : nil, anchor: "end")
            let drawn = zip(bars, packed.lines).sorted { left, right in
                // What failed is never hidden by what lies on the same line.
                !right.0.isGood && left.0.isGood
            }.compactMap { task, line in
                Drawing.bar(
                    task, scale, y: top + Double(line) * (Self.lineHeight + 1),
                    height: Self.lineHeight)
            }
            let mark = host.failed > 0 ? "✗" : host.changed > 0 ? "~" : nil
            let sign = mark.map {
                Drawing.text($0, x: 8, y: y + height / 2 + 4, class: "strong")
            }
            return (.all([label, sign].compactMap(\.self) + drawn), height)
        case .folded(let hosts, let words):
            let spans = hosts.compactMap(\.span)
            let height = 22.0
            var content = [
                Drawing.text(words, x: Self.labels - 10, y: y + 15, class: "tick", anchor: "end")
            ]
            if let first = spans.map(\.lowerBound).min(), let last = spans.map(\.upperBound).max() {
                let names = hosts.prefix(40).map(\.name.visible).joined(separator: ", ")
                let more = hosts.count > 40 ? ", …" : ""
                let x = scale.x(first)
                content.append(
                    Drawing.bar(
                        hosts.contains { $0.failed > 0 }
                            ? .failed : hosts.contains { $0.changed > 0 } ? .changed : .unchanged,
                        title: "\(words): \(names)\(more)", x: x, y: y + 7,
                        width: max(scale.x(last) - x, 2), height: 8))
            }
            return (.all(content), height)
        }
    }
}
