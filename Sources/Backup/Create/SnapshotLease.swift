import Loop
import Vocabulary

/// Keeps what a run writes or reads from being removed, for as long as it goes on.
///
/// It holds for a day and is made anew when half of that is over: what a killed run has left ends
/// by itself.
public actor SnapshotLease {
    private static let span = 86_400

    private let repository: any Repository
    private let snapshot: SnapshotID
    private let purpose: String
    private var held: (key: ObjectKey, until: Timestamp)?

    private init(_ snapshot: SnapshotID, _ purpose: String, _ repository: any Repository) {
        self.snapshot = snapshot
        self.purpose = purpose
        self.repository = repository
    }

    /// Takes one for as long as `body` takes.
    ///
    /// - Parameter purpose: `create`, `restore`.
    public static func with<Value: Sendable>(
        _ snapshot: SnapshotID, for purpose: String, in repository: any Repository,
        _ body: (SnapshotLease) async throws -> Value
    ) async throws -> Value {
        let lease = SnapshotLease(snapshot, purpose, repository)
        try await lease.renew()
        do {
            let value = try await body(lease)
            await lease.end()
            return value
        } catch {
            await lease.end()
            throw error
        }
    }

    /// To be called now and then.
    public func renewIfDue() async throws {
        guard let held, held.until.seconds - Timestamp.now.seconds < Self.span / 2 else { return }
        try await renew()
        try await repository.delete(held.key)
    }

    private func renew() async throws {
        let until = Timestamp(seconds: Timestamp.now.seconds + Self.span)
        // Several may read one snapshot.
        guard let key = ObjectKey("leases/\(snapshot)-\(SnapshotID()).json") else { return }
        let lease = Lease(
            snapshot: snapshot, holder: Operator.current.address, purpose: purpose, until: until)
        try await repository.create(key, Array((lease.json.line + "\n").utf8))
        held = (key, until)
    }

    /// Also in a task that was cancelled. One that cannot be removed ends by itself.
    private func end() async {
        guard let held else { return }
        await Task { [repository] in try? await repository.delete(held.key) }.value
    }
}
