import Record
import Vocabulary

/// What changed, or would: hosts with the same change are told together.
struct Changes {
    private static let limit = 400
    /// With more than this, each is opened by whoever reads it.
    private static let open = 25

    private let groups: [Alike<Key>]
    private let isPlan: Bool

    private struct Key: Hashable {
        var title: String
        var place: String?
        var changes: [RecordedChange]
    }

    init(_ report: RunReport) {
        isPlan = report.isPlan
        groups = Alike.groups(
            of: report.tasks.filter { $0.status == .changed || !$0.changes.isEmpty }
        ) { Key(title: $0.title, place: $0.place, changes: $0.changes) }
    }

    var section: Markup? {
        guard !groups.isEmpty else { return nil }
        var content = [Markup.tag("h2", [:], isPlan ? "What would change" : "What changed")]
        content += groups.prefix(Self.limit).map(entry)
        if groups.count > Self.limit {
            content.append(.tag("p", [:], "… and \(groups.count - Self.limit) more"))
        }
        return .all(content)
    }

    private func entry(_ group: Alike<Key>) -> Markup {
        let key = group.value
        let short = key.changes.filter { $0.diff == nil }.map(\.inWords)
        let long = key.changes.filter { $0.diff != nil }
        let failed = group.tasks.filter { $0.status != .changed }.count
        let remark =
            failed == 0
            ? "" : failed == group.tasks.count ? " — not finished" : " — not finished on \(failed)"
        let summary = Markup.tag(
            "summary", [:],
            [
                .tag("span", ["class": "place mono"], (key.place ?? "").visible),
                .tag("span", ["class": "mark changed"], "~"),
                .tag("b", [:], " \(key.title.visible) "),
                Markup(short.joined(separator: ", ") + remark + " "), group.hosts,
            ])
        let isOpen = groups.count <= Self.open && !long.isEmpty
        return .tag(
            "details", ["class": "changed", "open": isOpen ? "open" : nil],
            [summary, .tag("div", [:], [.all(body(long, short))])])
    }

    private func body(_ long: [RecordedChange], _ short: [String]) -> [Markup] {
        guard !long.isEmpty else {
            return [
                .tag(
                    "p", ["class": "soft"],
                    short.isEmpty ? "No more is known." : short.joined(separator: ", "))
            ]
        }
        return long.flatMap { change -> [Markup] in
            guard let diff = change.diff else { return [] }
            let sides = [change.before, change.after].compactMap { side -> String? in
                if case .digest = side { side?.inWords } else { nil }
            }
            var pieces = [
                Markup.tag(
                    "p", ["class": "soft"],
                    change.what.visible
                        + (sides.isEmpty ? "" : ": " + sides.joined(separator: " → ")))
            ]
            var lines = diff.lines.map { line in
                Markup.tag("span", ["class": Self.kind(of: line)], line.visible)
            }
            if diff.omitted > 0 {
                lines.append(.tag("span", ["class": "at"], "… \(diff.omitted) more lines"))
            }
            if lines.isEmpty {
                pieces.append(.tag("p", ["class": "soft"], "The texts are equal."))
            } else {
                pieces.append(.tag("pre", ["class": "diff"], lines))
            }
            return pieces
        }
    }

    private static func kind(of line: String) -> String? {
        switch line.first {
        case "+": "add"
        case "-": "del"
        case "@": "at"
        default: nil
        }
    }
}
