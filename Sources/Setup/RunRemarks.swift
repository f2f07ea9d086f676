import Synchronization
public import TaskGraph
public import Vocabulary

/// What a run tells the operator beside what came of its tasks, by task: warnings.
public final class RunRemarks: Sendable {
    private let remarks = Mutex<[TaskID: [Diagnostic]]>([:])

    public init() {}

    public subscript(task: TaskID) -> [Diagnostic] { remarks.withLock { $0[task] ?? [] } }

    /// What was told already is not told twice.
    func record(_ more: [Diagnostic], of task: TaskID) {
        guard !more.isEmpty else { return }
        remarks.withLock { remarks in
            for remark in more where remarks[task]?.contains(remark) != true {
                remarks[task, default: []].append(remark)
            }
        }
    }
}
