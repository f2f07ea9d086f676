internal import Synchronization
public import TaskGraph
public import Vocabulary

/// Whose doing it is that a host is not as the playbooks say.
public enum ChangeOrigin: String, Hashable, Sendable {
    /// Somebody else's: the playbooks want what was last applied, and the host has something
    /// else.
    case foreign
    /// The playbooks want something else than was last applied; or it comes due by itself.
    case intended
    case both
    /// It was never applied to the host.
    case new

    /// Whether somebody else has a part in it.
    public var isDrift: Bool { self == .foreign || self == .both }
}

/// What a dry run found out about a task beyond its changes.
public struct TaskFinding: Hashable, Sendable {
    /// `nil` of what changes nothing, and of handlers.
    public var origin: ChangeOrigin?
    /// The run that last applied it.
    public var run: RunID?
    /// When it was last known to be as it was applied: a foreign change was not made before.
    public var since: Timestamp?
    /// When what stands there now was last changed, by the host's clock: of files.
    public var changedAt: Timestamp?
    /// Whether what it changes is known only once what it comes after has run.
    public var isLater = false
    /// Of its desired state, under the host's key.
    var state: String?
    /// Of what was found where it differs, by aspect, under the host's key.
    var observed: [String: String] = [:]
}

/// The findings of a dry run, by task. They are there before the task's report is.
public final class PlanLedger: Sendable {
    private let findings = Mutex<[TaskID: TaskFinding]>([:])

    public init() {}

    public subscript(task: TaskID) -> TaskFinding? { findings.withLock { $0[task] } }

    func record(_ finding: TaskFinding, of task: TaskID) {
        findings.withLock { $0[task] = finding }
    }
}
