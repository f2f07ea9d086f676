/// What is known of a task while it is not yet reported.
struct Progress<Output: Sendable> {
    var attempts = 0
    private(set) var started: Duration?
    private(set) var ended: Duration?
    private(set) var failure: TaskFailure?
    private var outcome: TaskOutcome<Output>?

    var changes: [Change] { outcome?.changes ?? [] }

    mutating func take(_ attempt: Attempt<Output>) {
        ended = attempt.ended
        if case .notBegun(let reason) = attempt.ending {
            attempts -= 1
            failure = reason ?? failure
            return
        }
        started = started ?? attempt.began
        switch attempt.ending {
        case .succeeded(let done): outcome = done
        case .failed(let reason, let done): (failure, outcome) = (reason, done)
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
            switch outcome?.status {
            case .changed: return .changed
            case .skipped(let why): return .skipped(why)
            case .unchanged, nil: return .unchanged
            }
        }
    }
}
