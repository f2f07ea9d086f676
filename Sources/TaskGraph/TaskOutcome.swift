/// One difference between the observed and the desired state of something.
///
/// Whoever makes one has redacted what is sensitive: it is printed, drawn and recorded as it is.
public struct Change: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case create, update, delete, run
    }

    public var kind: Kind
    /// What differs: `mode`, `content`, `restart`.
    public var what: String
    public var before: String?
    public var after: String?

    public init(_ kind: Kind, _ what: String, before: String? = nil, after: String? = nil) {
        self.kind = kind
        self.what = what
        self.before = before
        self.after = after
    }
}

/// What a performed task may say of itself.
public enum OutcomeStatus: Hashable, Sendable {
    case unchanged, changed
    /// Not to be done here, and why: its `when` is false. What depends on it still runs.
    case skipped(String)
}

/// What a task that did not fail came to.
public struct TaskOutcome<Output: Sendable>: Sendable {
    public var status: OutcomeStatus
    public var changes: [Change]
    /// What tasks that depend on it can use.
    public var outputs: Output?

    public init(_ status: OutcomeStatus, changes: [Change] = [], outputs: Output? = nil) {
        self.status = status
        self.changes = changes
        self.outputs = outputs
    }

    /// Changed if there are changes.
    public init(changes: [Change], outputs: Output? = nil) {
        self.init(changes.isEmpty ? .unchanged : .changed, changes: changes, outputs: outputs)
    }
}
