/// What is known of a task while it is not yet reported.
struct Progress {
    var attempts = 0
    private(set) var started: Duration?
    private(set) var ended: Duration?
    private(set) var failure: TaskFailure?
    private var outcome: OutcomeStatus?
    private(set) var changes: [Change] = []

    mutating func take(_ attempt: Attempt) {
        ended = attempt.ended
        if case .notBegun(let reason) = attempt.ending {
            attempts -= 1
            failure = reason ?? failure
            return
        }
        started = started ?? attempt.began
        switch attempt.ending {
        case .succeeded(let status, let changes): (outcome, self.changes) = (status, changes)
        case .failed(let reason, let changes): (failure, self.changes) = (reason, changes)
        case .cancelled, .notBegun: break
        }
    }

    func status(_ ending: Scheduler.Ending, ids: [TaskID]) -> TaskStatus {
        switch ending {
        case .pruned(let root): return .pruned(because: ids[root])
        case .withheld(let reason): return .notStarted(reason)
        case .cancelled: return .cancelled
        case .failed, .succeeded:
            if case .failed = ending, let failure { return .failed(failure) }
            switch outcome {
            case .changed: return .changed
            case .skipped(let why): return .skipped(why)
            case .unchanged, nil: return .unchanged
            }
        }
    }
}
