public import Vocabulary

/// Which parts of objects that never became one may be removed: those that nobody has written to
/// for a day, when no live lease covers the snapshot that they belong to.
public struct DebrisRule: Sendable {
    /// In seconds.
    public static let age = 86_400

    private let leased: Set<SnapshotID>
    private let now: Timestamp

    public init(leases: [Lease], at now: Timestamp) {
        leased = Set(leases.filter { $0.until > now }.map(\.snapshot))
        self.now = now
    }

    public func allowsRemoval(of debris: Debris) -> Bool {
        allowsRemoval(of: debris.key, modified: debris.modified)
    }

    /// Also of whole objects of a snapshot that has no manifest.
    public func allowsRemoval(of object: ListedObject) -> Bool {
        allowsRemoval(of: object.key, modified: object.modified)
    }

    private func allowsRemoval(of key: ObjectKey, modified: Timestamp) -> Bool {
        // A clock that ran ahead says nothing of age.
        guard now.seconds - modified.seconds > Self.age else { return false }
        return !Set(key.parts.map(String.init)).contains { part in
            SnapshotID(part).map(leased.contains) ?? false
        }
    }
}
