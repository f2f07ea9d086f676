public import Vocabulary

/// Bytes that are pulled: pieces of up to 256 KiB, none of them empty. The next one is made when
/// it is asked for, so that whoever reads slowly slows down what is read.
public typealias ByteStream = any AsyncSequence<[UInt8], any Error> & Sendable

/// Where backups lie: objects by key, written once and never changed.
///
/// Every repository gives the same promises, and one suite asks them of all
/// (`RepositoryConformance`): an object is there as a whole or not at all, whenever its writer is
/// killed; once a call returned it outlives a power cut; none is ever overwritten, and of two that
/// write one key one succeeds and the other is told. Several processes on several machines use a
/// repository at the same time. Whatever a call throws that is not ``RepositoryError`` comes from
/// the source that was given to it, or is a `CancellationError`.
public protocol Repository: Sendable {
    /// The repository as an operator knows it: a directory, `s3://BUCKET/PREFIX`.
    var place: String { get }

    /// Writes an object from a stream, in memory that does not grow with it, and gives back what
    /// was stored: the repository hashes what it writes, not what it was told.
    ///
    /// - Throws: ``RepositoryError/exists(_:)`` when there is one; what `source` throws, with
    ///   nothing stored then.
    func put(_ key: ObjectKey, _ source: ByteStream) async throws -> StoredObject

    /// Writes a small object as a whole, if there is none: a manifest, a record, a lease.
    ///
    /// - Throws: ``RepositoryError/exists(_:)`` when there is one.
    func create(_ key: ObjectKey, _ bytes: [UInt8]) async throws

    /// An object's bytes, from the store as they are asked for.
    ///
    /// - Parameter range: of bytes, within the object; `nil` for all of it.
    /// - Throws: ``RepositoryError/missing(_:)``, ``RepositoryError/cut(_:)`` for a range that the
    ///   object does not have. The stream throws `cut` where it ends too early.
    func read(_ key: ObjectKey, range: Range<Int>?) async throws -> ByteStream

    /// The size of an object in bytes; `nil` where there is none.
    func size(of key: ObjectKey) async throws -> Int?

    /// The objects whose keys begin with `prefix`, sorted by key.
    func list(_ prefix: String) async throws -> [ListedObject]

    /// What follows `prefix` up to the next slash, in the keys that begin with it and have one:
    /// sorted, each once. One may be among them whose objects are gone.
    ///
    /// - Parameter prefix: empty, or ends with a slash.
    func folders(in prefix: String) async throws -> [String]

    /// Removes an object, if it is there.
    ///
    /// - Throws: ``RepositoryError/retained(_:until:)`` where the store keeps it.
    func delete(_ key: ObjectKey) async throws

    /// Keeps an object from being deleted before `time`, by anybody.
    ///
    /// - Returns: whether the store can.
    func retain(_ key: ObjectKey, until time: Timestamp) async throws -> Bool

    /// What writers that did not come to their end have left: temporary files, uploads that were
    /// never completed. Those of writers that still write are among them.
    func debris() async throws -> [Debris]

    /// Removes debris, if it is still there; a writer whose it was fails.
    func remove(_ debris: Debris) async throws
}

/// What a repository has stored.
public struct StoredObject: Hashable, Sendable {
    /// In bytes.
    public var size: Int
    public var sha256: ContentDigest

    public init(size: Int, sha256: ContentDigest) {
        self.size = size
        self.sha256 = sha256
    }
}

/// An object as a listing shows it.
public struct ListedObject: Hashable, Sendable {
    public var key: ObjectKey
    /// In bytes.
    public var size: Int
    public var modified: Timestamp

    public init(key: ObjectKey, size: Int, modified: Timestamp) {
        self.key = key
        self.size = size
        self.modified = modified
    }
}

/// A part of an object that never became one.
public struct Debris: Hashable, Sendable {
    /// Of the object that it was to be.
    public var key: ObjectKey
    /// In bytes; `nil` where the store does not say.
    public var size: Int?
    /// When it was last written to, or begun where the store knows no more.
    public var modified: Timestamp
    /// The store's own name for it.
    public var token: String

    public init(key: ObjectKey, size: Int?, modified: Timestamp, token: String) {
        self.key = key
        self.size = size
        self.modified = modified
        self.token = token
    }
}

extension Repository {
    public func read(_ key: ObjectKey) async throws -> ByteStream {
        try await read(key, range: nil)
    }

    /// A small object as a whole.
    ///
    /// - Throws: ``RepositoryError/missing(_:)``; ``RepositoryError/tooLarge(_:limit:)``.
    public func contents(
        of key: ObjectKey, atMost limit: ByteCount = .mebibytes(64)
    ) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in try await read(key, range: nil) {
            bytes += piece
            guard bytes.count <= limit.bytes else {
                throw RepositoryError.tooLarge(key, limit: limit)
            }
        }
        return bytes
    }
}
