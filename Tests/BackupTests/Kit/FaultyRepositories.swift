import Backup
import Synchronization
import Vocabulary

struct Killed: Error {}

/// Beside a real one: after so many changes nothing is changed any more, as if the program had
/// been killed there.
final class FailingRepository: Repository {
    private let real: DirectoryRepository
    private let rest: Mutex<Int>

    init(_ real: DirectoryRepository, after steps: Int) {
        self.real = real
        rest = Mutex(steps)
    }

    private func change() throws {
        try rest.withLock { rest in
            guard rest > 0 else { throw Killed() }
            rest -= 1
        }
    }

    var place: String { real.place }
    func put(_ key: ObjectKey, _ source: ByteStream) async throws -> StoredObject {
        try change()
        return try await real.put(key, source)
    }
    func create(_ key: ObjectKey, _ bytes: [UInt8]) async throws {
        try change()
        try await real.create(key, bytes)
    }
    func read(_ key: ObjectKey, range: Range<Int>?) async throws -> ByteStream {
        try await real.read(key, range: range)
    }
    func size(of key: ObjectKey) async throws -> Int? { try await real.size(of: key) }
    func list(_ prefix: String) async throws -> [ListedObject] { try await real.list(prefix) }
    func folders(in prefix: String) async throws -> [String] { try await real.folders(in: prefix) }
    func delete(_ key: ObjectKey) async throws {
        try change()
        try await real.delete(key)
    }
    func retain(_ key: ObjectKey, until time: Timestamp) async throws -> Bool { false }
    func debris() async throws -> [Debris] { try await real.debris() }
    func remove(_ debris: Debris) async throws {
        try change()
        try await real.remove(debris)
    }
}

/// Beside a real one: an object is kept.
struct LockedRepository: Repository {
    private let real: DirectoryRepository
    private let locked: ObjectKey

    init(_ real: DirectoryRepository, _ locked: ObjectKey) {
        self.real = real
        self.locked = locked
    }

    var place: String { real.place }
    func put(_ key: ObjectKey, _ source: ByteStream) async throws -> StoredObject {
        try await real.put(key, source)
    }
    func create(_ key: ObjectKey, _ bytes: [UInt8]) async throws {
        try await real.create(key, bytes)
    }
    func read(_ key: ObjectKey, range: Range<Int>?) async throws -> ByteStream {
        try await real.read(key, range: range)
    }
    func size(of key: ObjectKey) async throws -> Int? { try await real.size(of: key) }
    func list(_ prefix: String) async throws -> [ListedObject] { try await real.list(prefix) }
    func folders(in prefix: String) async throws -> [String] { try await real.folders(in: prefix) }
    func delete(_ key: ObjectKey) async throws {
        guard key != locked else { throw RepositoryError.retained(key, until: nil) }
        try await real.delete(key)
    }
    func retain(_ key: ObjectKey, until time: Timestamp) async throws -> Bool { true }
    func debris() async throws -> [Debris] { try await real.debris() }
    func remove(_ debris: Debris) async throws { try await real.remove(debris) }
}
