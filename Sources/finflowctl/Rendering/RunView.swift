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
    /// What is told beside it: warnings about the host.
    var remarks: RunRemarks?

    /// The warnings of a task, for people; empty for none.
    func warningText(of task: TaskID, style: Style, source: (String) -> String?) -> String {
        (remarks?[task] ?? []).map { $0.rendered(styled: style.isOn, source: source) }
            .joined(separator: "\n")
    }
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
