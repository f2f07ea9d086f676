public import Record
public import TaskGraph
public import Vocabulary

/// A plan that was kept in a file, so that exactly it is applied later.
public struct BindingPlan: Hashable, Sendable {
    /// Which part of the environment it is about, as it was typed.
    public struct Selection: Hashable, Sendable {
        public var limit: String?
        public var tags: [String]
        public var skipTags: [String]

        public init(limit: String?, tags: [String], skipTags: [String]) {
            self.limit = limit
            self.tags = tags
            self.skipTags = skipTags
        }
    }

    /// One task of the plan, but for those that only observe.
    public struct Planned: Hashable, Sendable {
        public enum Status: String, Hashable, Sendable {
            case unchanged, changed, skipped
        }

        public var id: TaskID
        public var title: String
        public var host: String
        public var place: String?
        public var status: Status
        /// As they were printed: secrets are redacted.
        public var changes: [Change]
        /// Whether what it changes is known only once what it comes after has run.
        public var isLater: Bool
        public var origin: ChangeOrigin?
        /// Of how its role has it, under the plan's salt.
        var declaration: String?
        /// Of its desired state, under the host's key; of a host that has none, `nil`.
        var state: String?
        /// What was found of what differs, by aspect, under the host's key.
        var observed: [String: String]
        /// Those that it brings to its host: `name@version`.
        var credentials: [String]
    }

    public var run: RunID
    public var user: String
    public var machine: String
    public var environment: String
    public var selection: Selection
    public var tasks: [Planned]
    /// For what may be told by its digest and is no secret.
    var salt: String
    /// The variables of the command line: a digest of each.
    var assignments: [String: String]
    /// The SHA-256 of each file of the playbooks that the tasks may be made from.
    public var files: [String: String]
    /// The file that it was read from.
    public var source: RecordedPlan?

    /// When it was made.
    public var time: Timestamp { run.time }
    public var hosts: [String] { tasks.map(\.host).unique }
    public var changed: [Planned] { tasks.filter { $0.status == .changed } }
    public var later: [Planned] { tasks.filter(\.isLater) }

    subscript(id: TaskID) -> Planned? { tasks.first { $0.id == id } }

    /// Beyond this age a plan is still applied, and its age is told.
    public static let usualAge = 24 * 3600
}

extension Sequence where Element: Hashable {
    /// Each element once, where it came first.
    var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
