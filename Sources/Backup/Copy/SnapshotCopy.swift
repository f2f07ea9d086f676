import Loop
import Vocabulary

/// Brings snapshots to another repository, as they are: nothing is decrypted. Each object is proven
/// while it is read, again where it was written, and the manifest comes last; so a copy that was
/// killed is taken up where it stopped.
public struct SnapshotCopy: Sendable {
    public var source: any Repository
    public var destination: any Repository
    /// Signs what was proven of the copies.
    public var signer: SigningKey
    /// finflowctl's.
    public var version: String

    public init(
        from source: any Repository, to destination: any Repository, signer: SigningKey,
        version: String
    ) {
        self.source = source
        self.destination = destination
        self.signer = signer
        self.version = version
    }

    public struct Outcome: Hashable, Sendable {
        public var id: SnapshotID
        /// Objects that were sent, and those that were there from an earlier run.
        public var sent = 0
        public var found = 0
        /// In stored bytes, of those that were sent.
        public var bytes = 0
    }

    private let pipeline = ObjectPipeline()
    private static let width = 2

    /// Those of the source's snapshots that the destination lacks and has not pruned; oldest first.
    public func missing(
        _ catalogue: SnapshotCatalogue, in other: SnapshotCatalogue
    ) -> [SnapshotCatalogue.Entry] {
        catalogue.entries.filter { entry in
            let id = entry.manifest.id
            return other[id] == nil && !other.problems.contains(.replayed(id))
                && entry.level != nil
        }
    }

    public func run(_ entry: SnapshotCatalogue.Entry) async throws -> Outcome {
        let id = entry.manifest.id
        return try await SnapshotLease.with(id, for: "copy", in: source) { reading in
            try await SnapshotLease.with(id, for: "copy", in: destination) { writing in
                let outcomes = try await entry.manifest.objects.concurrently(Self.width) { object in
                    try await reading.renewIfDue()
                    try await writing.renewIfDue()
                    return try await copy(object)
                }
                try await conclude(entry)
                var outcome = Outcome(id: id)
                for (object, isSent) in zip(entry.manifest.objects, outcomes) {
                    if isSent { outcome.bytes += object.stored.size }
                    if isSent { outcome.sent += 1 } else { outcome.found += 1 }
                }
                return outcome
            }
        }
    }

    /// - Returns: whether it had to be sent.
    private func copy(_ object: ManifestObject) async throws -> Bool {
        if try await destination.size(of: object.key) == object.stored.size {
            try await pipeline.proveStored(object, in: destination)
            return false
        }
        let key = object.key
        let pieces = ProvenPieces(
            source: ErasedPieces(try await source.read(key)), expected: object.stored
        ) { .storedDiffers(key, expected: object.stored, found: $0) }
        let stored = try await destination.put(key, pieces)
        guard stored == object.stored else {
            throw PipelineError.storedOtherwise(key, given: object.stored, stored: stored)
        }
        try await pipeline.proveStored(object, in: destination)
        return true
    }

    private func conclude(_ entry: SnapshotCatalogue.Entry) async throws {
        try Task.checkCancellation()
        let key = entry.manifest.id.manifestKey
        let bytes = try await source.contents(of: key)
        guard ContentDigest(of: bytes) == entry.link.sha256 else {
            throw RepositoryError.missing(key)
        }
        try await RecoveryGuide.write(to: destination)
        try await destination.create(key, bytes)
        let objects = entry.manifest.objects
        let record = VerificationRecord(
            manifest: entry.link, level: .stored, time: .now, host: Operator.current.address,
            version: version, objects: objects.count,
            bytes: objects.reduce(0) { $0 + $1.stored.size }, problems: [])
        try await destination.create(
            entry.manifest.id.recordKey(.stored), SignedDocument(record.json, with: signer).bytes)
    }

    /// Says of snapshots that others name, and that were not copied, that they are absent on
    /// purpose: else the chain of the copies would seem to be broken.
    public func explainGaps(trusting keys: Set<VerifyingKey>) async throws {
        let catalogue = try await SnapshotCatalogue.read(from: destination, trusting: keys)
        let absent = catalogue.entries.compactMap { entry -> ManifestLink? in
            guard let previous = entry.manifest.previous,
                catalogue.problems.contains(.missing(previous.id, namedBy: entry.manifest.id))
            else { return nil }
            return previous
        }
        guard !absent.isEmpty, let key = ObjectKey("prunes/\(SnapshotID()).json") else { return }
        let record = PruneRecord(time: .now, host: Operator.current.address, removed: absent)
        try await destination.create(key, SignedDocument(record.json, with: signer).bytes)
    }
}
