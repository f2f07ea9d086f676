import Record
import Vocabulary

/// The runs of an environment as a table.
struct RunList {
    private let rows: [[String]]
    private let style: Style

    init(_ outlines: [RunOutline], style: Style) {
        self.style = style
        rows = [["RUN", "TOOK", "WHO", "OUTCOME", "COMMAND"]] + outlines.map(Self.row)
    }

    /// - Parameter width: of a terminal; `nil` where nothing is cut off.
    func text(width: Int?) -> String {
        let columns = rows[0].indices.map { column in
            rows.map { $0[column].columns }.max() ?? 0
        }
        return rows.enumerated().map { index, row in
            var line = ""
            for (column, text) in row.enumerated() {
                line +=
                    column == row.count - 1 ? text : text.padded(to: columns[column]) + "  "
            }
            if let width { line = line.clipped(to: width) }
            return index == 0 ? style.dim(line) : line
        }.joined(separator: "\n")
    }

    private static func row(_ outline: RunOutline) -> [String] {
        let origin = outline.header?.origin
        let who = origin.map { $0.who.address } ?? "?"
        let took = outline.ending.map { Duration.seconds($0.seconds).brief } ?? "…"
        let command = outline.header?.command.joined(separator: " ") ?? "?"
        return [outline.run.rawValue, took, who, outline.inWords, command].map(\.visible)
    }
}

extension RunOutline {
    /// `3 changed, 1 failed`
    fileprivate var inWords: String {
        var parts: [String] = []
        let told: [(RecordedTask.Status, String)] = [
            (.changed, "changed"), (.failed, "failed"), (.cancelled, "cut"),
            (.unknown, "end unknown"), (.pruned, "left out"),
        ]
        for (status, word) in told {
            if let count = counts[status], count > 0 { parts.append("\(count) \(word)") }
        }
        let numbers = parts.joined(separator: ", ")
        let damage = isDamaged ? " (damaged)" : ""
        guard !state.isGood else {
            return (numbers.isEmpty ? "nothing to change" : numbers) + damage
        }
        return state.word + (numbers.isEmpty ? "" : ": \(numbers)") + damage
    }

    var json: JSON {
        .object(compact: [
            ("event", "run"), ("run", .string(run.rawValue)),
            ("at", header.map { .string($0.began.description) }),
            ("user", header.map { .string($0.origin.who.user) }),
            ("from", header.map { .string($0.origin.who.machine) }),
            ("pid", header.map { .int($0.origin.process.number) }),
            ("command", header.map { .array($0.command.map(JSON.string)) }),
            ("environment", header.map { .string($0.environment) }),
            ("finflowctl", header.map { .string($0.version) }),
            ("revision", header?.revision.map { .string($0.digest) }),
            ("plan", header?.plan?.json),
            ("commit", header?.revision?.commit.map(JSON.string)),
            ("outcome", .string(state.word)),
            ("exit_status", ending.map { .int(Int($0.status.rawValue)) }),
            ("seconds", ending.map { .double($0.seconds) }),
            (
                "counts",
                .object(
                    counts.sorted { $0.key.rawValue < $1.key.rawValue }
                        .map { .init($0.key.rawValue, .int($0.value)) })
            ),
            ("damaged", isDamaged ? .bool(true) : nil),
        ])
    }
}

extension RunRecord {
    /// One run for programs: itself, its hosts' tasks, what of it cannot be read.
    var jsonRecords: [JSON] {
        [RunOutline(self).json]
            + tasks.map { task in
                guard case .object(let members) = task.json else { return task.json }
                return .object([.init("event", "task")] + members)
            }
            + damage.map {
                ["event": "damage", "place": .string($0.place), "message": .string($0.message)]
            }
    }
}

/// One run for people: what it was, then host by host what it did, hosts alike together.
struct RunText {
    private static let diffLimit = 60
    private static let outputLimit = 40

    private let record: RunRecord
    private let style: Style

    init(_ record: RunRecord, style: Style) {
        self.record = record
        self.style = style
    }

    var text: String {
        let outline = RunOutline(record)
        let paint = record.state.isGood ? style.green : style.red
        var lines = [
            style.bold(record.run.rawValue) + "  " + paint(record.state.word)
                + (record.ending.map { " (exit status \($0.status.rawValue))" } ?? "")
        ]
        lines += facts
        var groups: [(lines: [String], hosts: [String])] = []
        for (host, told) in hosts {
            if let index = groups.firstIndex(where: { $0.lines == told }) {
                groups[index].hosts.append(host)
            } else {
                groups.append((told, [host]))
            }
        }
        for group in groups {
            let alike =
                group.hosts.count > 1 ? style.dim("  (\(group.hosts.count) hosts alike)") : ""
            lines += ["", style.bold(group.hosts.map(\.visible).joined(separator: ", ")) + alike]
            lines += group.lines
        }
        let left = outline.counts[.pruned, default: 0] + outline.counts[.notStarted, default: 0]
        let good = outline.counts[.unchanged, default: 0] + outline.counts[.skipped, default: 0]
        var sums = ["Changed \(outline.counts[.changed, default: 0])"]
        if let failed = outline.counts[.failed], failed > 0 { sums.append("failed \(failed)") }
        if left > 0 { sums.append("not run \(left)") }
        lines += ["", sums.joined(separator: ", ") + "; as they should be: \(good)."]
        return lines.joined(separator: "\n")
    }

    private var facts: [String] {
        guard let header = record.header else { return [] }
        var facts: [(String, String)] = [
            (
                "when",
                header.began.inWords + " UTC"
                    + (record.ending.map { ", took \(Duration.seconds($0.seconds).brief)" } ?? "")
            ), ("who", header.origin.inWords),
            ("command", "finflowctl " + header.command.joined(separator: " ")),
        ]
        if let plan = header.plan { facts.append(("plan", plan.inWords)) }
        if let revision = header.revision { facts.append(("playbooks", revision.inWords)) }
        facts.append(("finflowctl", header.version))
        return facts.map { "  \(style.dim($0.0.padded(to: 10)))  \($0.1.visible)" }
    }

    /// Each host that has something to say, and what.
    private var hosts: [(String, [String])] {
        var order: [String] = []
        var told: [String: [String]] = [:]
        for task in record.tasks where task.status == .changed || !task.isGood {
            guard task.status != .pruned, task.status != .notStarted else { continue }
            let host = task.host ?? "finflowctl itself"
            if told[host] == nil { order.append(host) }
            told[host, default: []] += lines(of: task)
        }
        return order.map { ($0, told[$0] ?? []) }
    }

    private func lines(of task: RecordedTask) -> [String] {
        let isChange = task.status == .changed
        let mark =
            isChange ? style.yellow("~") : task.status == .failed ? style.red("✗") : style.cyan("?")
        let words = task.changes.map(\.inWords).joined(separator: ", ")
        let took = task.seconds.map { "  " + style.dim(Duration.seconds($0).brief) } ?? ""
        var lines = ["  \(mark) \(task.title.visible)  \(words)\(took)"]
        if let because = task.because { lines.append("      \(because.visible)") }
        for change in task.changes {
            guard let diff = change.diff else { continue }
            lines += diff.lines.prefix(Self.diffLimit).map { line in
                let text = "      " + line.visible
                return line.hasPrefix("+")
                    ? style.green(text) : line.hasPrefix("-") ? style.red(text) : style.dim(text)
            }
            let more = diff.lines.count - min(diff.lines.count, Self.diffLimit) + diff.omitted
            if more > 0 { lines.append("      … \(more) more lines") }
        }
        for error in task.errors {
            lines.append("      \(style.red(error.code)) \(error.message.visible)")
            if let help = error.help { lines.append("      \(style.dim("help:")) \(help.visible)") }
        }
        let printed = (task.output?.text ?? "").split(separator: "\n")
        if printed.count > Self.outputLimit {
            lines.append("      … \(printed.count - Self.outputLimit) lines before these")
        }
        lines += printed.suffix(Self.outputLimit).map { "      \(style.dim("|")) \($0.visible)" }
        return lines
    }
}
