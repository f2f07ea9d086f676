/// One attempt of one task, as it came out.
struct Attempt: Sendable {
    enum Ending: Sendable {
        case succeeded(OutcomeStatus, changes: [Change])
        /// With what was done nevertheless, if only its record failed.
        case failed(TaskFailure, changes: [Change])
        /// Also when it was cut and not seen to end.
        case cancelled
        /// The work was not touched: it was cancelled before, or its record could not be begun.
        case notBegun(TaskFailure?)
    }

    let ending: Ending
    let began: Duration
    let ended: Duration
}
