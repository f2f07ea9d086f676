import Setup
import Synchronization
import TaskGraph
import Vocabulary

/// NDJSON on standard output: one record an event, between those of ``RunRecords``.
final class JSONView: RunView {
    private let labels: TaskLabels

    init(labels: TaskLabels) {
        self.labels = labels
    }

    static func print(_ record: JSON) {
        Stream.output.line(record.line)
    }

    func show(_ event: RunEvent) {
        switch event {
        case .runStarted(let tasks, let hosts):
            Self.print(["event": "run-started", "tasks": .int(tasks), "hosts": .int(hosts)])
        case .batchStarted(let batch):
            Self.print([
                "event": "batch-started", "batch": .int(batch.number), "of": .int(batch.of),
                "names": .array(batch.hosts.map(JSON.string)),
            ])
        case .batchHalted(let batch, let failed):
            Self.print([
                "event": "batch-halted", "batch": .int(batch.number),
                "names": .array(failed.map(JSON.string)),
            ])
        case .taskStarted(let id, let host, let title, let attempt):
            Self.print(
                .object(compact: [
                    ("event", "task-started"), ("task", .string(id.rawValue)),
                    ("host", host.map(JSON.string)), ("title", .string(title)),
                    ("attempt", .int(attempt)),
                ]))
        case .taskRetrying(let id, let host, let failure, let attempt, let wait):
            Self.print(
                .object(compact: [
                    ("event", "task-retrying"), ("task", .string(id.rawValue)),
                    ("host", host.map(JSON.string)), ("attempt", .int(attempt)),
                    ("reason", .string(failure.inWords)), ("in_seconds", .double(wait.seconds)),
                ]))
        case .taskFinished(let report):
            Self.print(record(of: report))
        case .stopping(let level, let running):
            Self.print([
                "event": "stopping", "now": .bool(level == .now), "running": .int(running),
            ])
        case .runFinished(let summary):
            Self.print(
                .object(
                    [
                        .init("event", "run-finished"),
                        .init("seconds", .double(summary.duration.seconds)),
                    ]
                        + TaskStatus.Kind.allCases.map { .init($0.rawValue, .int(summary[$0])) }))
        }
    }

    private func record(of report: TaskReport) -> JSON {
        let failure = FailureText(report)
        var members: [(String, JSON?)] = [
            ("event", "task-finished"), ("task", .string(report.id.rawValue)),
            ("host", report.host.map(JSON.string)), ("title", .string(report.title)),
            ("status", .string(report.status.kind.rawValue)),
            ("because", report.status.cause.map(JSON.string)),
            ("place", labels.places[report.id].map(JSON.string)),
            ("started_seconds", report.started.map { .double($0.seconds) }),
            ("finished_seconds", .double(report.finished.seconds)),
            (
                "changes",
                report.changes.isEmpty ? nil : .array(report.changes.map(\.json))
            ),
            (
                "errors",
                failure.diagnostics.isEmpty ? nil : .array(failure.diagnostics.map(\.json))
            ),
            ("output", failure.output.isEmpty ? nil : .string(failure.output)),
            ("warnings", labels.warnings(of: report.id)),
        ]
        if let finding = labels.ledger?[report.id] { members += finding.members }
        return .object(compact: members)
    }
}

extension TaskLabels {
    /// For records; `nil` where there is none.
    func warnings(of task: TaskID) -> JSON? {
        let warnings = remarks?[task] ?? []
        return warnings.isEmpty ? nil : .array(warnings.map(\.json))
    }
}

extension TaskStatus {
    var cause: String? {
        switch self {
        case .skipped(let why): why
        case .pruned(let task): task.rawValue
        case .notStarted(.stopped): "the run was stopped"
        case .notStarted(.batchHalted(let group)): "too many hosts of \(group) failed"
        case .unchanged, .changed, .failed, .cancelled: nil
        }
    }
}

extension Diagnostic {
    var json: JSON {
        .object(compact: [
            ("code", .string(code.id)), ("severity", .string(severity.rawValue)),
            ("message", .string(message)), ("place", place.map { .string($0.description) }),
            ("subject", subject.map(JSON.string)), ("hint", hint.map(JSON.string)),
            ("help", help.map(JSON.string)),
        ])
    }
}
