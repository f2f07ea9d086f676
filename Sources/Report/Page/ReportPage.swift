import Record
import Vocabulary

/// The page of a run, from its heading to its end.
struct ReportPage {
    private let report: RunReport
    private let hosts: [HostTasks]

    init(_ report: RunReport) {
        self.report = report
        hosts = HostTasks.all(of: report)
    }

    var document: String {
        let sections = [
            heading, facts, tiles, damage, next, Failures(report).section, timeline,
            Changes(report).section, SlowestTasks(report).section, LeftOut(report).section, footer,
        ]
        return Markup.document(
            .tag(
                "html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"],
                [
                    .all([
                        .tag("head", [:], [.all(head)]),
                        .tag("body", [:], [.all([Drawing.patterns] + sections.compactMap(\.self))]),
                    ])
                ]))
    }

    private var head: [Markup] {
        [
            .tag("meta", ["charset": "utf-8"]),
            // Nothing is fetched and no script runs, whatever got in here.
            .tag(
                "meta",
                [
                    "http-equiv": "Content-Security-Policy",
                    "content": "default-src 'none'; style-src 'unsafe-inline'",
                ]),
            .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .tag("title", [:], "\(what): \(headline)"),
            .styles(StyleSheet.text),
        ]
    }

    // MARK: What it was and what came of it

    private var what: String {
        let command = report.isPlan ? "plan" : report.header.command.first ?? "run"
        return "\(command.visible) · \(report.header.environment.visible)"
    }

    private var headline: String {
        let failed = report.count(.failed)
        let unknown = report.count(.unknown)
        let changed = report.count(.changed)
        let places = Set(report.tasks.filter { $0.status == .failed }.compactMap(\.host)).count
        var parts: [String] = []
        if failed > 0 {
            parts.append(
                "\(counted(failed, "task")) failed"
                    + (places > 0 ? " on \(counted(places, "host"))" : ""))
        }
        if unknown > 0 { parts.append("\(unknown) without a known end") }
        if changed > 0 {
            parts.append(report.isPlan ? "\(changed) to change" : "\(changed) changed")
        }
        return parts.isEmpty ? "nothing to change" : parts.joined(separator: ", ")
    }

    private var heading: Markup {
        .all([
            .tag(
                "p", ["class": "soft"],
                [
                    Markup(what + " "),
                    .tag(
                        "span", ["class": "badge \(report.isGood ? "good" : "bad")"],
                        (report.isGood ? "✓ " : "✗ ") + report.outcome),
                ]),
            .tag("h1", [:], headline.prefix(1).uppercased() + headline.dropFirst()),
        ])
    }

    private var facts: Markup {
        let header = report.header
        let end = header.began.adding(seconds: report.seconds)
        let sameDay = end.inWords.prefix(10) == header.began.inWords.prefix(10)
        var facts: [(String, String?)] = [
            (
                "When",
                "\(header.began.inWords) to \(sameDay ? String(end.inWords.dropFirst(11)) : end.inWords)"
                    + " UTC, \(Duration.seconds(report.seconds).brief)"
            ),
            ("Who", header.origin.inWords),
            ("Command", "finflowctl " + header.command.joined(separator: " ")),
        ]
        if !report.isPlan { facts.insert(("Run", header.run.rawValue), at: 0) }
        if let status = report.status { facts.append(("Exit status", "\(status)")) }
        facts += header.selection.sorted { $0.key < $1.key }.filter { !$0.value.isEmpty }.map {
            ($0.key.replacing("_", with: " ").capitalizedFirst, $0.value.joined(separator: ", "))
        }
        facts.append(("Hosts", "\(max(header.hosts.count, hosts.count { $0.host != nil }))"))
        if let plan = header.plan { facts.append(("Plan", plan.inWords)) }
        facts.append(("Playbooks", header.revision?.inWords))
        facts.append(("finflowctl", header.version))
        return .tag(
            "dl", ["class": "facts"],
            facts.flatMap { name, value -> [Markup] in
                guard let value else { return [] }
                return [.tag("dt", [:], name), .tag("dd", [:], value.visible)]
            })
    }

    private var tiles: Markup {
        let counts: [(String, Int, String)] = [
            ("failed", report.count(.failed), "failed"),
            ("changed", report.count(.changed), report.isPlan ? "to change" : "changed"),
            ("", report.unchanged, "as they should be"),
            ("cut", report.count(.cancelled), "cut"),
            ("cut", report.count(.unknown), "end unknown"),
            ("", report.count(.pruned), "left out"),
            ("", report.count(.notStarted), "not begun"),
        ]
        return .tag(
            "ul", ["class": "tiles"],
            counts.filter { $0.1 > 0 || $0.2 == "as they should be" || $0.0 == "changed" }.map {
                .tag("li", ["class": $0.0], [.tag("b", [:], "\($0.1)"), Markup($0.2)])
            })
    }

    private var damage: Markup? {
        guard !report.damage.isEmpty else { return nil }
        return .tag(
            "div", ["class": "notice"],
            [.tag("p", [:], "The record of this run is not as it was written:")]
                + report.damage.map { .tag("p", [:], "\($0.place): \($0.message)".visible) })
    }

    private var next: Markup? {
        guard let next = report.next else { return nil }
        return .tag("p", ["class": "next"], [Markup("Go on with "), .tag("code", [:], next)])
    }

    // MARK: When

    /// Of more hosts than this only those with something to see are drawn one by one.
    private static let detailed = 60

    private var timeline: Markup? {
        guard report.tasks.contains(where: { $0.span != nil }) else { return nil }
        let seconds = max(
            report.seconds, report.tasks.compactMap { $0.span?.upperBound }.max() ?? 0)
        var content = [Markup.tag("h2", [:], "When"), legend]
        if hosts.count > 1 { content.append(FleetTimeline(hosts, seconds: seconds).drawing) }
        let shown = hosts.count > Self.detailed ? hosts.filter(\.isEventful) : hosts
        for (index, host) in shown.enumerated() {
            guard let drawing = HostTimeline(host).drawing else { continue }
            let isOpen = hosts.count == 1 || (index < 5 && host.isEventful)
            content.append(
                .tag(
                    "details",
                    ["class": host.failed > 0 ? "failed" : nil, "open": isOpen ? "open" : nil],
                    [
                        .tag(
                            "summary", [:],
                            [.tag("b", [:], host.name.visible), Markup("  " + host.inWords)]),
                        .tag("div", [:], [drawing]),
                    ]))
        }
        return .all(content)
    }

    private var legend: Markup {
        let shown = Set(report.tasks.filter { $0.span != nil }.map(\.status))
        let statuses: [RecordedTask.Status] = [
            .changed, .failed, .unchanged, .skipped, .cancelled, .unknown,
        ]
        return .tag(
            "ul", ["class": "legend"],
            statuses.filter(shown.contains).map { status in
                .tag(
                    "li", [:],
                    [
                        .tag(
                            "svg",
                            [
                                "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 22 12",
                                "aria-hidden": "true",
                            ],
                            [
                                Drawing.bar(
                                    status, title: status.inWords, x: 0, y: 1, width: 22,
                                    height: 10)
                            ]),
                        Markup(
                            " "
                                + (report.isPlan && status == .changed
                                    ? "to change" : status.inWords)),
                    ])
            })
    }

    private var footer: Markup {
        .tag(
            "footer", [:],
            "Times are UTC. Made by finflowctl \(report.header.version.visible).")
    }
}

extension HostTasks {
    fileprivate var inWords: String {
        var parts: [String] = []
        if failed > 0 { parts.append("\(failed) failed") }
        if changed > 0 { parts.append("\(changed) changed") }
        let good = tasks.count { $0.status == .unchanged || $0.status == .skipped } + unlisted
        if good > 0 { parts.append("\(good) as they should be") }
        let left = tasks.count { $0.status == .pruned || $0.status == .notStarted }
        if left > 0 { parts.append("\(left) not run") }
        if let span { parts.append(Duration.seconds(span.upperBound - span.lowerBound).brief) }
        return parts.joined(separator: ", ")
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
