import Record
import Report
import Setup
import TaskGraph
import Vocabulary

/// The record of one run from the command line, and what is drawn of it.
struct RunRecording: Sendable {
    let recorder: RunRecorder

    /// - Parameter playbooks: their directory; it is read while the run is under way.
    init(_ header: RunHeader, playbooks: String, in store: any StateStore) {
        let revision = Task { await PlaybookRevision.of(playbooks) }
        recorder = RunRecorder(run: header.run, began: header.began, in: store) {
            var header = header
            header.revision = await revision.value
            return header
        }
    }

    /// Writes down how the run ended.
    func end(
        _ status: ExitStatus, _ summary: RunSummary, _ tasks: [RecordedTask]
    ) async throws(Failure) {
        var counts: [RecordedTask.Status: Int] = [:]
        for (kind, count) in summary.counts {
            counts[RecordedTask.Status(kind), default: 0] += count
        }
        do {
            try await recorder.end(
                RunEnding(
                    status: status, seconds: summary.duration.seconds, counts: counts),
                tasks: tasks)
        } catch {
            throw Records.failure(error, .recordUnwritable)
        }
        await prune()
    }

    /// The run is written down, whatever becomes of those before it.
    private func prune() async {
        do {
            try await recorder.prune()
        } catch {
            var failure = Records.failure(error, .recordsUnpruned)
            failure.diagnostics = Diagnostics(
                failure.diagnostics.all.map { problem in
                    var warning = problem
                    warning.severity = .warning
                    return warning
                })
            failure.report()
        }
    }
}

extension RecordedTask.Status {
    init(_ kind: TaskStatus.Kind) {
        switch kind {
        case .unchanged: self = .unchanged
        case .changed: self = .changed
        case .skipped: self = .skipped
        case .failed: self = .failed
        case .pruned: self = .pruned
        case .cancelled: self = .cancelled
        case .notStarted: self = .notStarted
        }
    }
}

extension RecordedTask {
    init(_ report: TaskReport, _ labels: TaskLabels) {
        let failure = FailureText(report)
        self.init(
            task: report.id.rawValue, host: report.host, title: report.title,
            place: labels.places[report.id], status: Status(report.status.kind),
            because: report.status.cause, started: report.started?.seconds,
            seconds: report.started.map { (report.finished - $0).seconds },
            changes: report.changes.map(RecordedChange.init),
            errors: failure.diagnostics.map(RecordedError.init),
            output: failure.output.isEmpty ? nil : BoundedText(failure.output))
    }
}

extension RunReport {
    /// Of a run that has just ended.
    init(_ conclusion: RunConclusion, _ header: RunHeader, _ tasks: [RecordedTask]) {
        let status = conclusion.status
        let outcome =
            conclusion.isDryRun && status == .done
            ? conclusion.hasChanges ? "changes pending" : "as it should be"
            : RunRecord.State.ended(status).word
        self.init(
            header: header, isPlan: conclusion.isDryRun, outcome: outcome,
            isGood: status == .done, status: conclusion.isDryRun ? nil : Int(status.rawValue),
            seconds: conclusion.result.summary.duration.seconds, tasks: tasks,
            next: conclusion.nextCommand)
    }
}
