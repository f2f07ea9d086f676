import Record
import Vocabulary

/// The tasks that took longest.
struct SlowestTasks {
    private static let limit = 15

    private let tasks: [RecordedTask]

    init(_ report: RunReport) {
        tasks = report.tasks.filter { ($0.seconds ?? 0) >= 0.01 }
            .sorted { ($1.seconds ?? 0, $0.task) < ($0.seconds ?? 0, $1.task) }
            .prefix(Self.limit).map(\.self)
    }

    var section: Markup? {
        guard let longest = tasks.first?.seconds, longest > 0 else { return nil }
        let head = Markup.tag(
            "tr", [:],
            [
                .tag("th", ["class": "number"], "Took"), .tag("th", [:], ""),
                .tag("th", [:], "Task"), .tag("th", [:], "Host"), .tag("th", [:], "Ended"),
                .tag("th", ["class": "number"], "Began after"),
            ])
        let rows = tasks.map { task in
            let share = (task.seconds ?? 0) / longest
            return Markup.tag(
                "tr", [:],
                [
                    .tag("td", ["class": "number"], Duration.seconds(task.seconds ?? 0).brief),
                    .tag("td", [:], [Self.bar(share, task.status)]),
                    .tag("td", [:], task.title.visible),
                    .tag("td", [:], (task.host ?? "").visible),
                    .tag("td", [:], task.status.inWords),
                    .tag(
                        "td", ["class": "number"],
                        task.started.map { Duration.seconds($0).brief } ?? ""),
                ])
        }
        return .all([
            .tag("h2", [:], "The slowest tasks"), .tag("table", [:], [.all([head] + rows)]),
        ])
    }

    private static func bar(_ share: Double, _ status: RecordedTask.Status) -> Markup {
        .tag(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 120 10",
                "style": "width:120px;min-width:0;margin-top:6px", "aria-hidden": "true",
            ],
            [
                Drawing.bar(
                    status, title: status.inWords, x: 0, y: 0, width: max(2, share * 120),
                    height: 10)
            ])
    }
}

/// What did not run, and because of what.
struct LeftOut {
    private let groups: [Alike<String>]

    init(_ report: RunReport) {
        groups = Alike.groups(
            of: report.tasks.filter { $0.status == .pruned || $0.status == .notStarted }
        ) { task in
            let cause = task.because ?? "no reason is known"
            return task.status == .pruned ? "because \(cause) failed" : cause
        }
    }

    var section: Markup? {
        guard !groups.isEmpty else { return nil }
        let limit = 100
        let rows = groups.prefix(limit).map { group in
            let names = group.tasks.prefix(6).map { $0.title.visible }.joined(separator: ", ")
            let more = group.tasks.count > 6 ? ", …" : ""
            return Markup.tag(
                "tr", [:],
                [
                    .tag("td", ["class": "number"], "\(group.tasks.count)"),
                    .tag("td", [:], group.value.visible), .tag("td", [:], names + more),
                ])
        }
        let head = Markup.tag(
            "tr", [:],
            [
                .tag("th", ["class": "number"], "Tasks"), .tag("th", [:], "Why"),
                .tag("th", [:], "Which"),
            ])
        var content = [
            Markup.tag("h2", [:], "What did not run"),
            .tag("table", [:], [.all([head] + rows)]),
        ]
        if groups.count > limit {
            content.append(.tag("p", [:], "… for \(groups.count - limit) more reasons"))
        }
        return .all(content)
    }
}
