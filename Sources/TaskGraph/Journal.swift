/// What keeps the record of a run. The engine awaits it before and after each attempt of each
/// task; where it throws before, the task does not run.
///
/// It does not draw, and the renderers are not it: see ``RunEvent``. Calls for different tasks
/// come side by side. `didRun` is not cancelled when the run is: what was done is written down.
public protocol Journal: Sendable {
    func willRun(_ entry: JournalEntry) async throws
    func didRun(_ entry: JournalEntry, _ ending: AttemptEnding) async throws
}

/// Which attempt of which task.
public struct JournalEntry: Hashable, Sendable {
    public let task: TaskID
    public let title: String
    public let host: String?
    public let attempt: Int
}

/// How one attempt ended.
public enum AttemptEnding: Sendable {
    case succeeded(OutcomeStatus, changes: [Change])
    case failed(TaskFailure)
    case cancelled
}
