public import Age
public import Archive

/// How bytes become an object of a repository, and an object bytes again:
///
/// plain → hashed and observed → zstd → age → hashed → repository
///
/// All of it streams, in memory that does not grow with the object. Reading and compressing go on
/// while what came before is encrypted and sent; a repository that is slow slows down the source.
public struct ObjectPipeline: Sendable {
    public var compression: ZstdOptions

    /// How many pieces of 256 KiB wait between compression and encryption.
    private static let depth = 4

    public init(compression: ZstdOptions = ZstdOptions()) {
        self.compression = compression
    }

    // MARK: Writing

    /// What became of a stream.
    public struct Result<Observer: PlainObserver>: Sendable {
        public var plain: StoredObject
        public var stored: StoredObject
        public var observer: Observer
    }

    /// - Parameter source: throws unless it comes to its proper end: a program's output does
    ///   where ``ProgramOutput`` brings it.
    /// - Throws: what `source`, the observer and the repository throw; ``PipelineError``.
    public func store<Observer: PlainObserver>(
        _ source: ByteStream, as key: ObjectKey, in repository: any Repository,
        to recipients: [Recipient], observedBy observer: Observer
    ) async throws -> Result<Observer> {
        let channel = PieceChannel(capacity: Self.depth)
        return try await withThrowingTaskGroup(of: Half<Observer>.self) { group in
            group.addTask { await compress(source, into: channel, observer) }
            group.addTask {
                do {
                    let stored = try await Self.send(channel, as: key, in: repository, recipients)
                    await channel.close()
                    return .stored(stored)
                } catch {
                    await channel.close()
                    throw error
                }
            }
            var plain: (StoredObject, Observer)?
            var stored: StoredObject?
            for try await half in group {
                switch half {
                case .plain(let object, let observer): plain = (object, observer)
                case .stored(let object): stored = object
                case .cut: break
                }
            }
            try Task.checkCancellation()
            guard let plain, let stored else { throw CancellationError() }
            return Result(plain: plain.0, stored: stored, observer: plain.1)
        }
    }

    public func store(
        _ source: ByteStream, as key: ObjectKey, in repository: any Repository,
        to recipients: [Recipient]
    ) async throws -> (plain: StoredObject, stored: StoredObject) {
        let result = try await store(
            source, as: key, in: repository, to: recipients, observedBy: NoObserver())
        return (result.plain, result.stored)
    }

    private enum Half<Observer: PlainObserver>: Sendable {
        case plain(StoredObject, Observer)
        case stored(StoredObject)
        /// The other half knows why.
        case cut
    }

    private func compress<Observer: PlainObserver>(
        _ source: ByteStream, into channel: PieceChannel, _ observer: Observer
    ) async -> Half<Observer> {
        let observed = ObservedPieces(source: ErasedPieces(source), observer: observer)
        do {
            for try await piece in CompressedChunks(observed, compression) {
                guard await channel.give(piece) else { return .cut }
            }
            let (plain, observer) = observed.outcome
            await channel.end()
            return .plain(plain, observer)
        } catch {
            await channel.end(error)
            return .cut
        }
    }

    private static func send(
        _ channel: PieceChannel, as key: ObjectKey, in repository: any Repository,
        _ recipients: [Recipient]
    ) async throws -> StoredObject {
        let encrypted = EncryptedChunks(channel.taken, to: .keys(recipients))
        let counted = CountedPieces(source: encrypted)
        let stored = try await repository.put(key, counted)
        let given = counted.total.stored
        guard stored == given else {
            throw PipelineError.storedOtherwise(key, given: given, stored: stored)
        }
        return stored
    }

    // MARK: Reading

    /// An object's plain bytes. What it gives out is authentic to whoever holds the manifest only
    /// once it has come to its end without an error: the last piece waits for that.
    public func read(
        _ object: ManifestObject, from repository: any Repository, with keyring: Keyring
    ) async throws -> ByteStream {
        let key = object.key
        let stored = ProvenPieces(
            source: ErasedPieces(try await repository.read(key)), expected: object.stored
        ) { .storedDiffers(key, expected: object.stored, found: $0) }
        let plain = DecompressedChunks(DecryptedChunks(stored, with: keyring))
        return ProvenPieces(source: plain, expected: object.plain) {
            .plainDiffers(key, expected: object.plain, found: $0)
        }
    }

    /// Reads an object where it lies and compares its hash: needs no key.
    ///
    /// - Throws: ``PipelineError/storedDiffers(_:expected:found:)``, also for an object of another
    ///   size.
    public func proveStored(
        _ object: ManifestObject, in repository: any Repository
    ) async throws {
        let key = object.key
        let pieces = ProvenPieces(
            source: ErasedPieces(try await repository.read(key)), expected: object.stored
        ) { .storedDiffers(key, expected: object.stored, found: $0) }
        for try await _ in pieces { try Task.checkCancellation() }
    }

    /// Decrypts an object and reads it to its end.
    ///
    /// - Returns: what the observer saw.
    public func proveReadable<Observer: PlainObserver>(
        _ object: ManifestObject, in repository: any Repository, with keyring: Keyring,
        observedBy observer: Observer
    ) async throws -> Observer {
        var observer = observer
        for try await piece in try await read(object, from: repository, with: keyring) {
            try Task.checkCancellation()
            try observer.add(piece)
        }
        try observer.finish()
        return observer
    }
}
