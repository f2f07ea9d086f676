import Vocabulary

/// Reads objects again where they lie, a few at a time.
struct StoredProof: Sendable {
    let repository: any Repository
    let pipeline: ObjectPipeline
    let events: BackupEvents

    static let width = 2

    /// - Throws: for the first that is not as it was stored.
    func prove(_ objects: [ManifestObject]) async throws {
        events(
            .proving(
                objects: objects.count, bytes: objects.reduce(0) { $0 + $1.stored.size }))
        _ = try await objects.concurrently(Self.width) { object in
            try await pipeline.proveStored(object, in: repository)
            events(.proved(object.key, bytes: object.stored.size))
        }
    }
}
