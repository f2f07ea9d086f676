import Hosts
public import Record
public import TaskGraph

extension RecordedChange {
    public init(_ change: Change) {
        self.init(
            kind: change.kind.rawValue, what: change.what, before: change.before,
            after: change.after)
    }
}

extension IntendedChange {
    init(_ entry: HostJournal.Entry, on host: HostName) {
        self.init(
            task: entry.task.rawValue, host: host.rawValue, title: entry.title,
            changes: entry.changes.map(RecordedChange.init), undo: entry.undo)
    }
}

extension ChangeOutcome {
    init(_ problem: TaskProblem) {
        self = .failed(
            problem.diagnostics.sorted.map(RecordedError.init),
            output: problem.output.isEmpty ? nil : BoundedText(problem.output))
    }
}
