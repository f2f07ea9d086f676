import Setup
import TaskGraph

/// Draws a run while it happens. Events come one after the other; what is drawn is for people
/// or programs, and nothing depends on it.
protocol RunView: Sendable {
    func show(_ event: RunEvent)
}

/// The texts of a task that its report does not carry.
struct TaskLabels: Sendable {
    /// Where the task is written, from the root of the playbooks.
    var places: [TaskID: String] = [:]
    /// How many tasks each host has.
    var totals: [String: Int] = [:]
    /// What a dry run finds out about each, before its report is there.
    var ledger: PlanLedger?
}

/// What an operator who pressed Ctrl-C is told.
enum StopWords {
    static func of(_ level: StopSignal.Level, running: Int, _ noun: String) -> String {
        level == .now
            ? "Cutting what still runs (\(counted(running, noun)))."
            : "Stopping: nothing new starts, \(counted(running, noun)) may finish. "
                + "Ctrl-C again cuts them."
    }
}

/// Says nothing: for commands that speak when all is over.
struct SilentView: RunView {
    func show(_ event: RunEvent) {}
}
