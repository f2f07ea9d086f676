import Setup
import TaskGraph
import Vocabulary

/// What stands last: what came of the run, what was left out because of what, how to go on.
struct RunConclusion {
    let result: RunResult<HostOutput>
    let isDryRun: Bool
    /// The command as the operator would type it again.
    let again: String
    /// The command that makes the changes of a dry run.
    let apply: String
    /// Whether all that was to be written about it could be.
    var isRecorded = true

    var status: ExitStatus {
        let status = statusOfTasks
        return status == .done && !isRecorded ? .failed : status
    }

    private var statusOfTasks: ExitStatus {
        if result.summary.stop > .running { return .interrupted }
        let failed = result.failed
        guard !failed.isEmpty || !result.isGood else { return .done }
        let hosts = Set(result.reports.compactMap(\.host))
        let bad = Set(result.reports.filter { !$0.status.isGood }.compactMap(\.host))
        let problems = failed.compactMap { report -> TaskProblem? in
            guard case .failed(.performing(let problem as TaskProblem)) = report.status else {
                return nil
            }
            return problem
        }
        let isLocked = problems.allSatisfy {
            $0.diagnostics.all.allSatisfy { $0.status == .locked }
        }
        if isLocked, !problems.isEmpty, problems.count == failed.count { return .locked }
        if bad.count < hosts.count { return .partlyFailed }
        if problems.count == failed.count {
            if problems.allSatisfy(\.isUnreachable) { return .unreachable }
            if problems.allSatisfy({ $0.diagnostics.all.allSatisfy { $0.status == .badInput } }) {
                return .badInput
            }
        }
        return .failed
    }

    /// Whether a run would change something.
    var hasChanges: Bool { result.summary[.changed] > 0 }

    func text(style: Style) -> String {
        let summary = result.summary
        var lines: [String] = []
        lines += leftOut(style)
        let changed = summary[.changed]
        let hosts = Set(result.reports.filter { $0.status.kind == .changed }.compactMap(\.host))
            .count
        let good = summary[.unchanged] + summary[.skipped]
        let inTime = " in \(summary.duration.brief)"
        if isDryRun {
            lines.append(
                changed == 0
                    ? "Plan: nothing to change; \(counted(good, "task")) as they should be."
                    : "Plan: \(changed) to change on \(counted(hosts, "host")); "
                        + "\(good) as they should be.")
        } else {
            lines.append(
                changed == 0
                    ? "\(result.isGood ? "Nothing to change" : "Nothing changed"): "
                        + "\(counted(good, "task")) as \(good == 1 ? "it" : "they") should be\(inTime)."
                    : "Changed \(changed) on \(counted(hosts, "host"))\(inTime); "
                        + (good == 1 ? "1 was as it should be." : "\(good) were as they should be.")
            )
        }
        if summary[.failed] > 0 {
            lines.append(
                style.red("\(counted(summary[.failed], "task")) failed\(whereabouts(.failed))."))
        }
        if summary[.cancelled] > 0 {
            lines.append(
                style.red("\(counted(summary[.cancelled], "task")) cut\(whereabouts(.cancelled));")
                    + " what was half done is found and finished by the next run.")
        }
        if let next { lines.append(next) }
        return lines.joined(separator: "\n")
    }

    private var next: String? {
        if result.summary.stop > .running {
            return "Interrupted. Finish it with:  \(again)"
        }
        if !result.isGood {
            return isDryRun
                ? "When the cause is mended, look again with:  \(again)"
                : "What is done is done; when the cause is mended, go on with:  \(again)"
        }
        if isDryRun, hasChanges { return "Apply it with:  \(apply)" }
        return nil
    }

    /// The command of ``next``.
    var nextCommand: String? {
        if result.summary.stop > .running || !result.isGood { return again }
        return isDryRun && hasChanges ? apply : nil
    }

    /// ` on db-1, db-2`: where tasks ended so.
    private func whereabouts(_ kind: TaskStatus.Kind) -> String {
        var names: [String] = []
        var seen: Set<String> = []
        for report in result.reports where report.status.kind == kind {
            if let host = report.host, seen.insert(host).inserted { names.append(host) }
        }
        let limit = 8
        let more = names.count > limit ? " and \(names.count - limit) more" : ""
        return names.isEmpty ? "" : " on \(names.prefix(limit).joined(separator: ", "))\(more)"
    }

    /// Pruned tasks by the failure that they wait for, and what was never begun.
    private func leftOut(_ style: Style) -> [String] {
        var waiting: [TaskID: Int] = [:]
        var order: [TaskID] = []
        for report in result.reports {
            if case .pruned(let cause) = report.status {
                if waiting[cause] == nil { order.append(cause) }
                waiting[cause, default: 0] += 1
            }
        }
        let limit = 12
        var lines = order.prefix(limit).map { cause in
            style.dim("Left out because \(cause) failed: ") + counted(waiting[cause] ?? 0, "task")
        }
        if order.count > limit {
            let rest = order.dropFirst(limit).reduce(0) { $0 + (waiting[$1] ?? 0) }
            lines.append(style.dim("… and \(counted(rest, "task")) more because of others"))
        }
        let idle = result.summary[.notStarted]
        if idle > 0 { lines.append(style.dim("Not begun: ") + counted(idle, "task")) }
        return lines
    }
}
