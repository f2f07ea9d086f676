public import Backup
import Synchronization
public import Vocabulary

/// A repository whose calls go wrong as a test says; all others go on to a real one.
public final class FaultyRepository: Repository {
    public enum Call: Hashable, Sendable {
        case put, create, read, size, list, folders, delete, retain, debris, remove
    }

    public enum Fault: Sendable {
        /// Nothing is done.
        case refused(any Error & Sendable)
        /// It is done, and the answer gets lost.
        case unanswered(any Error & Sendable)
        /// Of a stream that is written or read, so many bytes pass before it fails.
        case broken(after: Int, any Error & Sendable)
        /// A stream that is read ends after so many bytes, without an error.
        case truncated(after: Int)
        /// A bit of a stream that is read or written is another one.
        case flipped(at: Int)
        /// Another object is read.
        case exchanged(for: ObjectKey)
        /// A listing does not have these keys.
        case lagging([ObjectKey])
        /// It does not return until it is cancelled.
        case stalled
    }

    private struct Plan {
        var counts: [Call: Int] = [:]
        var faults: [Call: [Int: Fault]] = [:]
    }

    private let whole: any Repository
    private let plan = Mutex(Plan())

    public init(_ repository: any Repository) {
        whole = repository
    }

    public var place: String { whole.place }

    /// The next call but `after` of a kind goes wrong.
    public func plan(_ fault: Fault, at call: Call, after: Int = 0) {
        plan.withLock { $0.faults[call, default: [:]][($0.counts[call] ?? 0) + after] = fault }
    }

    /// How often something was called.
    public func count(of call: Call) -> Int { plan.withLock { $0.counts[call] ?? 0 } }

    private func fault(at call: Call) -> Fault? {
        plan.withLock { plan in
            let number = plan.counts[call] ?? 0
            plan.counts[call] = number + 1
            return plan.faults[call]?.removeValue(forKey: number)
        }
    }

    private func calling<Value>(
        _ call: Call, _ body: (Fault?) async throws -> Value
    ) async throws -> Value {
        let fault = fault(at: call)
        switch fault {
        case .refused(let error): throw error
        case .unanswered(let error):
            _ = try await body(nil)
            throw error
        case .stalled:
            while true { try await Task.sleep(for: .seconds(3600)) }
        default: return try await body(fault)
        }
    }

    public func put(_ key: ObjectKey, _ source: ByteStream) async throws -> StoredObject {
        try await calling(.put) { fault in
            try await whole.put(key, Spoiled(source: source, fault: fault))
        }
    }

    public func create(_ key: ObjectKey, _ bytes: [UInt8]) async throws {
        try await calling(.create) { _ in try await whole.create(key, bytes) }
    }

    public func read(_ key: ObjectKey, range: Range<Int>?) async throws -> ByteStream {
        try await calling(.read) { fault in
            if case .exchanged(let other) = fault {
                return try await whole.read(other, range: range)
            }
            return Spoiled(source: try await whole.read(key, range: range), fault: fault)
        }
    }

    public func size(of key: ObjectKey) async throws -> Int? {
        try await calling(.size) { _ in try await whole.size(of: key) }
    }

    public func list(_ prefix: String) async throws -> [ListedObject] {
        try await calling(.list) { fault in
            let all = try await whole.list(prefix)
            guard case .lagging(let keys) = fault else { return all }
            return all.filter { !keys.contains($0.key) }
        }
    }

    public func folders(in prefix: String) async throws -> [String] {
        try await calling(.folders) { _ in try await whole.folders(in: prefix) }
    }

    public func delete(_ key: ObjectKey) async throws {
        try await calling(.delete) { _ in try await whole.delete(key) }
    }

    public func retain(_ key: ObjectKey, until time: Timestamp) async throws -> Bool {
        try await calling(.retain) { _ in try await whole.retain(key, until: time) }
    }

    public func debris() async throws -> [Debris] {
        try await calling(.debris) { _ in try await whole.debris() }
    }

    public func remove(_ debris: Debris) async throws {
        try await calling(.remove) { _ in try await whole.remove(debris) }
    }
}
