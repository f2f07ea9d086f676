import Glibc
import Loop

/// A state store in a directory, which several machines may mount.
public struct DirectoryStore: StateStore {
    private let directory: StateDirectory
    private let leftoverAge: Int

    /// - Parameters:
    ///   - root: an absolute path; made when it is first written to.
    ///   - leftoverAge: the seconds after which a temporary file's writer must be dead.
    ///   - patience: how long its lock is waited for.
    public init(
        root: String, leftoverAge: Int = 3600, patience: Duration = .seconds(10)
    ) {
        directory = StateDirectory(root: root, patience: patience)
        self.leftoverAge = leftoverAge
    }

    public var place: String { directory.root }

    /// Where an environment's records lie that names no place itself: below `XDG_STATE_HOME`,
    /// else in `~/.local/state`. `nil` for a user without any of these.
    public static func usualRoot(environment name: String) -> String? {
        func variable(_ name: String) -> String? {
            // A relative one is to be ignored (XDG Base Directory Specification).
            getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        let home = variable("HOME") ?? getpwuid(getuid()).map { String(cString: $0.pointee.pw_dir) }
        guard let base = variable("XDG_STATE_HOME") ?? home.map({ "\($0)/.local/state" }) else {
            return nil
        }
        return "\(base)/finflow/\(name)"
    }

    @discardableResult
    public func create(_ key: StateKey, _ bytes: [UInt8]) async throws -> StateVersion {
        try await blocking { try $0.create(key, bytes) }
    }

    public func read(_ key: StateKey) async throws -> StateObject? {
        try await blocking { try $0.read(key) }
    }

    @discardableResult
    public func replace(
        _ key: StateKey, _ bytes: [UInt8], expecting version: StateVersion
    ) async throws -> StateVersion {
        try await blocking { try $0.replace(key, bytes, expecting: version) }
    }

    public func delete(_ key: StateKey) async throws {
        try await blocking { try $0.delete(key) }
    }

    public func keys(withPrefix prefix: String) async throws -> [StateKey] {
        try await blocking { try $0.keys(withPrefix: prefix) }
    }

    public func folders(in prefix: String) async throws -> [String] {
        try await blocking { try $0.folders(in: prefix) }
    }

    public func tidy() async throws {
        try await blocking { [leftoverAge] in try $0.tidy(olderThan: leftoverAge) }
    }

    private func blocking<Value: Sendable>(
        _ body: @escaping @Sendable (StateDirectory) throws -> Value
    ) async throws -> Value {
        try await BlockingPool.shared.run { [directory] () throws in try body(directory) }
    }
}
