/// Something that is wrong in a repository.
public struct SnapshotFinding: Hashable, Sendable {
    /// `nil` for what concerns the repository as a whole.
    public var snapshot: SnapshotID?
    /// `nil` for what concerns the manifest.
    public var object: ObjectKey?
    /// A sentence without a full stop, which names the object.
    public var message: String
}

extension SnapshotChain.Problem {
    /// Whether it is a sign that something is lost or changed: two snapshots that were made at
    /// once are both whole.
    public var isFinding: Bool {
        if case .forked = self { false } else { true }
    }

    var snapshot: SnapshotID? {
        switch self {
        case .notGenuine(let id, _), .unreadable(let id, _), .misplaced(let id, _), .replayed(let id),
            .exchanged(let id, _), .missing(let id, _), .disordered(let id):
            id
        case .forked: nil
        }
    }
}
