public import Vocabulary

/// A node of a ``Graph``: one resource on one host, or one step of a capability.
///
/// `Work` is the capability's own description of what is to be done. The engine carries it to
/// the performer and never looks into it, nor prints it.
public struct GraphTask<Work: Sendable>: Sendable, Identifiable {
    public var id: TaskID
    /// What people read in plans and views: `template /etc/chrony/chrony.conf`.
    public var title: String
    public var host: String?
    /// Where the task is written.
    public var place: SourcePlace?
    /// What it comes after. Each edge must name a task of the graph.
    public var after: [Edge]
    /// Edges that nobody wrote. One that names no task of the graph, or that would close a
    /// cycle with paths which were there before it, is dropped.
    public var softAfter: [Edge]
    /// Taken all together before the task starts and given back when it ends.
    public var semaphores: [SemaphoreName]
    public var owns: [Ownership]
    public var retry: RetryPolicy
    /// The longest time that one attempt may take.
    public var timeout: Duration?
    /// The rolling group in whose batches the task's host takes its turn.
    public var rolling: RollingGroup?
    public var work: Work

    public init(
        id: TaskID,
        title: String? = nil,
        host: String? = nil,
        place: SourcePlace? = nil,
        after: [Edge] = [],
        softAfter: [Edge] = [],
        semaphores: [SemaphoreName] = [],
        owns: [Ownership] = [],
        retry: RetryPolicy = .never,
        timeout: Duration? = nil,
        rolling: RollingGroup? = nil,
        work: Work
    ) {
        self.id = id
        self.title = title ?? id.rawValue
        self.host = host
        self.place = place
        self.after = after
        self.softAfter = softAfter
        self.semaphores = semaphores
        self.owns = owns
        self.retry = retry
        self.timeout = timeout
        self.rolling = rolling
        self.work = work
    }
}

/// A thing in the world whose state a task decides.
///
/// Two tasks may own one thing only if they want the same of it; then they take turns.
public struct Ownership: Hashable, Sendable {
    /// Which thing, host included: `app-1:file:/etc/chrony/chrony.conf`. It is printed.
    public var thing: String
    /// Equal for equal desired states. It is compared and never printed; of anything secret
    /// it is a keyed digest.
    public var fingerprint: String

    public init(_ thing: String, fingerprint: String) {
        self.thing = thing
        self.fingerprint = fingerprint
    }
}
