public import Vocabulary

/// Where an environment keeps what is not a host's own: small objects by key, written as wholes.
///
/// Every store gives the same promises, and one suite asks them of all: an object is there as a
/// whole or not at all, whenever its writer is killed; once a call returned it outlives a power
/// cut; of two that create one key, or replace one version, one succeeds and the other is told.
/// Stores are used by several processes, on several machines, at the same time.
public protocol StateStore: Sendable {
    /// The store as an operator knows it: a directory, `s3://BUCKET/PREFIX`.
    var place: String { get }

    /// Writes an object that is not there yet.
    ///
    /// - Throws: ``StateStoreError/exists(_:)`` when it is; ``StateStoreError/unavailable(_:)``
    ///   also for more than ``stateObjectLimit``, which nobody could read again.
    @discardableResult
    func create(_ key: StateKey, _ bytes: [UInt8]) async throws -> StateVersion

    /// The object and which version of it this is; `nil` where there is none.
    func read(_ key: StateKey) async throws -> StateObject?

    /// Writes an object anew, if it still is the version that the caller knows.
    ///
    /// - Throws: ``StateStoreError/changed(_:)`` when it is another one or was deleted.
    @discardableResult
    func replace(
        _ key: StateKey, _ bytes: [UInt8], expecting version: StateVersion
    ) async throws -> StateVersion

    /// Removes an object, if it is there.
    func delete(_ key: StateKey) async throws

    /// The keys that begin with `prefix`, sorted.
    func keys(withPrefix prefix: String) async throws -> [StateKey]

    /// What follows `prefix` up to the next slash, in the keys that begin with it and have one:
    /// sorted, each once. One may be among them whose objects are gone.
    ///
    /// - Parameter prefix: ends with a slash.
    func folders(in prefix: String) async throws -> [String]

    /// Removes what writers that were killed left behind, where a store has such.
    func tidy() async throws
}

/// An object as it was read.
public struct StateObject: Hashable, Sendable {
    public let bytes: [UInt8]
    public let version: StateVersion

    public init(bytes: [UInt8], version: StateVersion) {
        self.bytes = bytes
        self.version = version
    }
}

/// Which version of an object: different for different contents. What it is made of is the
/// store's affair.
public struct StateVersion: Hashable, Sendable {
    public let tag: String

    public init(tag: String) {
        self.tag = tag
    }
}

/// The most bytes that an object may have; more is not read.
public let stateObjectLimit = ByteCount.mebibytes(64)
