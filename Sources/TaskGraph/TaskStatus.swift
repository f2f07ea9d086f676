/// How a task ended. Every task of a run has one, whatever became of the run.
public enum TaskStatus: Sendable {
    case unchanged
    case changed
    case skipped(String)
    case failed(TaskFailure)
    /// Not run, because a task that it depends on failed: the first in order of those that did.
    case pruned(because: TaskID)
    /// Cut while it ran; what it had done by then is for the next run to find out.
    case cancelled
    /// Not run, though nothing that it depends on failed.
    case notStarted(Reason)

    public enum Reason: Hashable, Sendable {
        /// The run was stopped before the task's turn came.
        case stopped
        /// Too many hosts of an earlier batch failed.
        case batchHalted(RollingGroup)
    }
}

extension TaskStatus {
    /// Whether the task's work was performed, to the end or not.
    public var hasRun: Bool {
        switch self {
        case .failed(.journal(_, let hasRun)): hasRun
        case .unchanged, .changed, .skipped, .failed, .cancelled: true
        case .pruned, .notStarted: false
        }
    }

    /// Whether the thing is now as desired (or was not to be done here).
    public var isGood: Bool {
        switch self {
        case .unchanged, .changed, .skipped: true
        case .failed, .cancelled, .pruned, .notStarted: false
        }
    }

    /// The status without what goes with it, to count by and for records that programs read.
    public var kind: Kind {
        switch self {
        case .unchanged: .unchanged
        case .changed: .changed
        case .skipped: .skipped
        case .failed: .failed
        case .pruned: .pruned
        case .cancelled: .cancelled
        case .notStarted: .notStarted
        }
    }

    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case unchanged, changed, skipped, failed, pruned, cancelled, notStarted
    }
}

/// Why a task failed.
public enum TaskFailure: Error {
    /// What the performer threw in the last attempt.
    case performing(any Error)
    /// The last attempt took longer than the task's timeout.
    case timedOut(after: Duration)
    /// The journal could not be written: before the first attempt, so the task did not run; or
    /// later, so it did, and the report has its changes.
    case journal(any Error, hasRun: Bool)
}
