public import Vocabulary

/// The name of a snapshot: `20261124T140312Z-k3f9q2`, made as those of runs are. It sorts by time.
public struct SnapshotID: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let run: RunID

    /// A new one, of now.
    public init() {
        run = RunID()
    }

    public init(at time: Timestamp) {
        run = RunID(at: time)
    }

    /// `nil` for what is no such name.
    public init?(_ text: String) {
        guard let run = RunID(text) else { return nil }
        self.run = run
    }

    /// When it began.
    public var time: Timestamp { run.time }
    public var description: String { run.rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.run < right.run }
}
