import Record

/// A store in memory, behind which a test can hold up what is written, or let it fail.
actor HeldStore: StateStore {
    nonisolated let place = "memory"
    private var objects: [StateKey: StateObject] = [:]
    private var held: [CheckedContinuation<Void, Never>] = []
    private var isHolding = true
    private var watcher: CheckedContinuation<Void, Never>?
    private var failures = 0
    private var untilFailure = 0
    private var created = 0
    private var lost = 0
    private var unreadable: Set<StateKey> = []

    /// Returns when something waits to be written.
    func whenHeld() async {
        if held.isEmpty { await withCheckedContinuation { watcher = $0 } }
    }

    /// Writes what waits, and all that comes.
    func letGo() {
        isHolding = false
        for continuation in held { continuation.resume() }
        held = []
    }

    /// After so many more the next so many objects are not written.
    func fail(times: Int, after count: Int = 0) { (failures, untilFailure) = (times, count) }

    /// The object with this number is written, and its writer told that it is not.
    func answerLost(of number: Int) { lost = number }

    /// The object is there and cannot be read: it is another user's, or its disk is bad.
    func makeUnreadable(_ key: StateKey) { unreadable.insert(key) }

    private let trouble = StateStoreError.unavailable(
        .init(place: "memory", action: "write", cause: .full, reason: "No space left on device"))

    func create(_ key: StateKey, _ bytes: [UInt8]) async throws -> StateVersion {
        if isHolding {
            await withCheckedContinuation { continuation in
                held.append(continuation)
                watcher?.resume()
                watcher = nil
            }
        }
        if failures > 0, untilFailure > 0 {
            untilFailure -= 1
        } else if failures > 0 {
            failures -= 1
            throw trouble
        }
        guard objects[key] == nil else { throw StateStoreError.exists(key) }
        let version = StateVersion(tag: "\(bytes.hashValue)")
        objects[key] = StateObject(bytes: bytes, version: version)
        created += 1
        if created == lost { throw trouble }
        return version
    }

    func read(_ key: StateKey) throws -> StateObject? {
        if unreadable.contains(key) { throw trouble }
        return objects[key]
    }

    func replace(
        _ key: StateKey, _ bytes: [UInt8], expecting version: StateVersion
    ) throws -> StateVersion {
        guard objects[key]?.version == version else { throw StateStoreError.changed(key) }
        objects[key] = nil
        let version = StateVersion(tag: "\(bytes.hashValue)")
        objects[key] = StateObject(bytes: bytes, version: version)
        return version
    }

    func delete(_ key: StateKey) { objects[key] = nil }

    func keys(withPrefix prefix: String) -> [StateKey] {
        objects.keys.filter { $0.path.hasPrefix(prefix) }.sorted()
    }

    func folders(in prefix: String) -> [String] {
        Set(
            objects.keys.map(\.path).filter { $0.hasPrefix(prefix) }
                .map { $0.dropFirst(prefix.count) }.filter { $0.contains("/") }
                .map { String($0.prefix { $0 != "/" }) }
        ).sorted()
    }

    func tidy() {}

    /// For tests that damage what was written.
    func put(_ key: StateKey, _ bytes: [UInt8]?) {
        objects[key] = bytes.map {
            StateObject(bytes: $0, version: StateVersion(tag: "\($0.hashValue)"))
        }
    }
}
