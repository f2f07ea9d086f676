public import Vocabulary

/// "After": the task that holds the edge runs after the task that it names.
public struct Edge: Hashable, Sendable {
    /// The task that comes first.
    public var on: TaskID
    public var reason: EdgeReason
    /// Where somebody wrote it; `nil` for one that nobody wrote.
    public var place: SourcePlace?

    public init(on: TaskID, _ reason: EdgeReason = .explicit, at place: SourcePlace? = nil) {
        self.on = on
        self.reason = reason
        self.place = place
    }
}

/// Why one task comes after another.
public enum EdgeReason: Hashable, Sendable {
    /// Written in the playbook: `after: [ntp]`.
    case explicit
    /// Follows from what the two tasks are: `the directory that holds the file`.
    case automatic(String)
    /// The first one notifies the second one.
    case notify
    /// The second one uses an output of the first one.
    case output
    /// What every task on a host needs: the connection, the facts.
    case host
    /// Order and nothing else: a failure of the first one does not prune the second one.
    case order(String)
    /// The batch of the first one ends before the batch of the second one begins.
    case batch(String)

    /// Whether a failure of the first task keeps the second one from running.
    public var isBinding: Bool {
        switch self {
        case .explicit, .automatic, .notify, .output, .host: true
        case .order, .batch: false
        }
    }
}

extension EdgeReason: CustomStringConvertible {
    /// As the end of the sentence "a waits for b: …".
    public var description: String {
        switch self {
        case .explicit: "written in `after`"
        case .automatic(let why), .order(let why), .batch(let why): why
        case .notify: "is notified by it"
        case .output: "uses its output"
        case .host: "its host needs it first"
        }
    }
}
