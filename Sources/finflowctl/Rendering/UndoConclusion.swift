import Resources
import Setup
import TaskGraph
import Vocabulary

/// What stands last of an undo: what was put back, and what was left alone and why.
struct UndoConclusion {
    let result: RunResult<UndoOutput>
    /// Of the run that is undone.
    let header: RecordedRun.Header
    /// Hosts that the run changed by its record, but that do not remember it.
    let forgotten: [String]
    let isDryRun: Bool
    /// The command as the operator would type it again.
    let again: String
    /// The command that makes the changes of a dry run.
    let apply: String

    /// A change that was not put back.
    struct Remark {
        var report: TaskReport
        var text: String
    }

    var conflicts: [Remark] { remarks(\.conflicts) }
    var impossible: [Remark] { remarks(\.impossible) }

    private func remarks(_ texts: KeyPath<UndoOutput, [String]>) -> [Remark] {
        result.reports.flatMap { report in
            (result.outputs(of: report.id)?[keyPath: texts] ?? [])
                .map { Remark(report: report, text: $0) }
        }
    }

    /// What was put back and stayed so.
    private var changed: Int { result.summary[.changed] - takenBack.count }

    /// Put back, but the handler that brings it into force failed: the host takes it back by
    /// itself.
    private var takenBack: [TaskReport] {
        let failed = Set(result.failed.map(\.id))
        return result.reports.filter { report in
            report.status.kind == .changed
                && result.outputs(of: report.id)?.broughtIntoForceBy
                    .contains(where: failed.contains) == true
        }
    }

    private var already: Int {
        result.reports.count { report in
            guard report.status.kind == .unchanged else { return false }
            return result.outputs(of: report.id)?.verdicts.contains(.already) ?? false
        }
    }

    var status: ExitStatus {
        if result.summary.stop > .running { return .interrupted }
        if !result.isGood { return failure }
        let isSome = changed + already > 0
        let isAll = conflicts.isEmpty && impossible.isEmpty && forgotten.isEmpty
        return isAll ? .done : isSome ? .partlyFailed : .failed
    }

    private var failure: ExitStatus {
        let problems = result.failed.compactMap { report -> TaskProblem? in
            guard case .failed(.performing(let problem as TaskProblem)) = report.status else {
                return nil
            }
            return problem
        }
        if problems.count == result.failed.count, !problems.isEmpty {
            if problems.allSatisfy({ $0.diagnostics.all.allSatisfy { $0.status == .locked } }) {
                return .locked
            }
            if changed + already == 0,
                problems.allSatisfy({ $0.diagnostics.all.allSatisfy { $0.status == .badInput } })
            {
                return .badInput
            }
            if problems.allSatisfy(\.isUnreachable), changed + already == 0 { return .unreachable }
        }
        return changed + already > 0 ? .partlyFailed : .failed
    }

    // MARK: - Words

    func text(style: Style) -> String {
        var lines: [String] = []
        list(conflicts, "Left alone, because it was changed again since:", style.yellow, &lines)
        list(impossible, "Cannot be put back:", style.yellow, &lines)
        if !forgotten.isEmpty {
            lines.append(
                style.yellow(
                    "By its record it changed these as well, but they do not remember it, or are "
                        + "no longer in the inventory: ")
                    + forgotten.map(\.visible).joined(separator: ", "))
        }
        list(
            takenBack.map { Remark(report: $0, text: "what brings it into force failed") },
            "Not put back after all:", style.yellow, &lines)
        let partly = partly
        if !partly.isEmpty {
            lines.append(
                "Put back only in part (`finflowctl doc TYPE` says how far): "
                    + partly.joined(separator: ", ") + ".")
        }
        let lost = Set(takenBack.map(\.id))
        let hosts = Set(
            result.reports.filter { $0.status.kind == .changed && !lost.contains($0.id) }
                .compactMap(\.host))
        let places = " on \(counted(hosts.count, "host"))"
        let before = already > 0 ? "; \(already) as before already" : ""
        let run =
            "\(header.run) (\(header.command.visible) by \(header.user.visible) from "
            + "\(header.machine.visible))"
        if changed == 0 {
            lines.append("Nothing to put back of \(run)\(before).")
        } else if isDryRun {
            lines.append("To put back of \(run): \(counted(changed, "change"))\(places)\(before).")
        } else {
            lines.append(
                "Put back of \(run): \(counted(changed, "change"))\(places)\(before), "
                    + "in \(result.summary.duration.brief).")
        }
        if result.summary[.failed] > 0 {
            lines.append(style.red("\(counted(result.summary[.failed], "task")) failed."))
        }
        if result.summary.stop > .running {
            lines.append("Interrupted. Finish it with:  \(again)")
        } else if !result.isGood {
            lines.append("When the cause is mended, go on with:  \(again)")
        } else if isDryRun, changed > 0 {
            lines.append("Put it back with:  \(apply)")
        }
        return lines.joined(separator: "\n")
    }

    private func list(
        _ remarks: [Remark], _ heading: String, _ paint: (String) -> String,
        _ lines: inout [String]
    ) {
        guard !remarks.isEmpty else { return }
        lines.append(paint(heading))
        for remark in remarks.prefix(40) {
            lines.append(
                "  \(remark.report.host ?? "")  \(remark.report.title.visible): "
                    + remark.text.visible)
        }
        if remarks.count > 40 { lines.append("  … and \(remarks.count - 40) more") }
    }

    /// What was put back, of types that can do so in part.
    private var partly: [String] {
        var titles: [String] = []
        for report in result.reports where report.status.kind == .changed {
            let type = String(report.title.prefix { $0 != " " })
            guard ResourceCatalogue.type(named: type)?.undo.level == .partial,
                !titles.contains(report.title.visible)
            else { continue }
            titles.append(report.title.visible)
        }
        return titles.count > 8
            ? titles.prefix(8) + ["and \(titles.count - 8) more"] : titles
    }

    /// Of the last record.
    var members: [JSON.Member] {
        func records(_ remarks: [Remark], _ name: String) -> JSON {
            .array(
                remarks.map { remark in
                    .object(compact: [
                        ("host", remark.report.host.map(JSON.string)),
                        ("task", .string(remark.report.id.rawValue)),
                        ("title", .string(remark.report.title)), (name, .string(remark.text)),
                    ])
                })
        }
        return [
            .init("run", .string(header.run.rawValue)), .init("put_back", .int(changed)),
            .init("already", .int(already)), .init("conflicts", records(conflicts, "now")),
            .init("impossible", records(impossible, "because")),
            .init("forgotten", .array(forgotten.map { .string($0) })),
        ]
    }
}
