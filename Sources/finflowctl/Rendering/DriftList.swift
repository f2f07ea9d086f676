import Setup
import TaskGraph
import Vocabulary

/// What somebody else changed, by host.
struct DriftList {
    struct Entry {
        var report: TaskReport
        var finding: TaskFinding
        var place: String?
    }

    struct HostEntry {
        var name: String
        /// Why the host, or a part of it, could not be looked at.
        var obstacle: String?
        var entries: [Entry] = []
        /// About what it remembers, for records.
        var warnings: JSON?

        /// The earliest time before which nothing of it was changed.
        var since: Timestamp? { entries.compactMap(\.finding.since).min() }
    }

    private(set) var hosts: [HostEntry] = []

    init(_ result: RunResult<HostOutput>, _ labels: TaskLabels) {
        var positions: [String: Int] = [:]
        for report in result.reports {
            guard let host = report.host else { continue }
            let position = positions[host] ?? hosts.count
            if position == hosts.count {
                positions[host] = position
                hosts.append(HostEntry(name: host))
            }
            hosts[position].warnings = hosts[position].warnings ?? labels.warnings(of: report.id)
            if !report.status.isGood, hosts[position].obstacle == nil {
                hosts[position].obstacle =
                    FailureText(report).diagnostics.first?.message
                    ?? report.status.cause.map { "left out: \($0)" } ?? "not looked at"
            }
            guard report.status.kind == .changed, let finding = labels.ledger?[report.id],
                finding.origin?.isDrift == true
            else { continue }
            hosts[position].entries.append(
                Entry(report: report, finding: finding, place: labels.places[report.id]))
        }
    }

    var isEmpty: Bool { hosts.allSatisfy(\.entries.isEmpty) }

    var count: Int { hosts.reduce(0) { $0 + $1.entries.count } }

    // MARK: For people

    func text(style: Style) -> String {
        let width = Stream.output.isTerminal ? max(0, Stream.output.width - 2) : nil
        return hosts.filter { !$0.entries.isEmpty }.map { host in
            let lines = host.entries.flatMap { entry in
                let text = ChangeText(
                    entry.report, place: entry.place, contents: true, style: style, width: width)
                return
                    (["\(text.headline)", "    " + style.dim(entry.finding.inWords)]
                    + text.details).map { "  " + $0 }
            }
            return ([style.bold(host.name)] + lines).joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    func conclusion(_ run: RunConclusion, style: Style) -> String {
        let drifted = hosts.count { !$0.entries.isEmpty }
        let unseen = hosts.filter { $0.obstacle != nil }
        let seen = hosts.count - unseen.count
        var lines = [
            isEmpty
                ? "No drift on \(counted(seen, "host"))."
                : "Drift: \(counted(count, "task")) on \(counted(drifted, "host")) changed by "
                    + "somebody else."
        ]
        if !unseen.isEmpty {
            let names = unseen.prefix(8).map(\.name).joined(separator: ", ")
            let more = unseen.count > 8 ? " and \(unseen.count - 8) more" : ""
            lines.append(
                style.red("Not known: \(counted(unseen.count, "host")) could not be looked at: ")
                    + names + more + ".")
        }
        if run.result.summary.stop > .running { lines.append("Interrupted.") }
        if !isEmpty {
            lines.append("`setup` puts back what the playbooks say: \(run.apply)")
        }
        return lines.joined(separator: "\n")
    }

    // MARK: For programs

    /// But for the first and the last one.
    var records: [JSON] {
        var records: [JSON] = []
        for host in hosts {
            for entry in host.entries {
                let report = entry.report
                records.append(
                    .object(
                        compact: [
                            ("event", "drift"), ("task", .string(report.id.rawValue)),
                            ("host", .string(host.name)), ("title", .string(report.title)),
                            ("place", entry.place.map(JSON.string)),
                            ("changes", .array(report.changes.map(\.json))),
                        ] + entry.finding.members))
            }
            records.append(
                .object(compact: [
                    ("event", "host-checked"), ("host", .string(host.name)),
                    ("checked", .bool(host.obstacle == nil)),
                    ("because", host.obstacle.map(JSON.string)),
                    ("drifted", .int(host.entries.count)), ("warnings", host.warnings),
                ]))
        }
        return records
    }
}

extension TaskFinding {
    /// `foreign: not before 2026-11-24T14:03:12Z (run …), changed at 2026-11-24T15:00:00Z`
    var inWords: String {
        var words = origin == .both ? "foreign, and the playbooks changed too" : "foreign"
        if let since {
            words += ": changed by somebody since \(since)"
            if let run { words += " (last applied by run \(run))" }
        }
        if let changedAt { words += ", changed at \(changedAt)" }
        return words
    }

    /// For records.
    var members: [(String, JSON?)] {
        [
            ("origin", origin.map { .string($0.rawValue) }),
            ("applied_by", run.map { .string($0.rawValue) }),
            ("not_before", since.map { .string($0.description) }),
            ("changed_at", changedAt.map { .string($0.description) }),
        ]
    }
}
