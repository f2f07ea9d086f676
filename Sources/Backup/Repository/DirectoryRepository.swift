import Loop
public import Vocabulary

/// A repository in a directory, which several machines may mount: the embedded default.
///
/// Folders are made with mode 0700 and files with 0600, whatever the umask is.
public struct DirectoryRepository: Repository {
    private let directory: RepositoryDirectory

    /// - Parameter root: an absolute path; made when it is first written to.
    public init(root: String) {
        directory = RepositoryDirectory(root: root)
    }

    public var place: String { directory.root }

    public func put(_ key: ObjectKey, _ source: ByteStream) async throws -> StoredObject {
        let file = try await blocking { try $0.begin(key) }
        do {
            for try await piece in source {
                try Task.checkCancellation()
                try await file.write(piece)
            }
            // A source that is cancelled may simply end.
            try Task.checkCancellation()
            return try await file.commit()
        } catch {
            await file.abandon()
            throw error
        }
    }

    public func create(_ key: ObjectKey, _ bytes: [UInt8]) async throws {
        let file = try await blocking { try $0.begin(key) }
        do {
            try await file.write(bytes)
            _ = try await file.commit()
        } catch {
            await file.abandon()
            throw error
        }
    }

    public func read(_ key: ObjectKey, range: Range<Int>?) async throws -> ByteStream {
        try await blocking { directory in
            guard let size = try directory.size(of: key) else {
                throw RepositoryError.missing(key)
            }
            let range = range ?? 0..<size
            guard range.lowerBound >= 0, range.upperBound <= size else {
                throw RepositoryError.cut(key)
            }
            return ObjectPieces(directory: directory, key: key, range: range)
        }
    }

    public func size(of key: ObjectKey) async throws -> Int? {
        try await blocking { try $0.size(of: key) }
    }

    public func list(_ prefix: String) async throws -> [ListedObject] {
        try await blocking { try $0.list(prefix).objects }
    }

    public func folders(in prefix: String) async throws -> [String] {
        try await blocking { try $0.folders(in: prefix) }
    }

    public func delete(_ key: ObjectKey) async throws {
        try await blocking { try $0.delete(key) }
    }

    /// A directory has nothing that holds against its owner.
    public func retain(_ key: ObjectKey, until time: Timestamp) async throws -> Bool {
        guard try await size(of: key) != nil else { throw RepositoryError.missing(key) }
        return false
    }

    public func debris() async throws -> [Debris] {
        try await blocking { try $0.list("").debris }
    }

    public func remove(_ debris: Debris) async throws {
        try await blocking { try $0.remove(debris) }
    }

    private func blocking<Value: Sendable>(
        _ body: @escaping @Sendable (RepositoryDirectory) throws -> Value
    ) async throws -> Value {
        try await BlockingPool.shared.run { [directory] () throws in try body(directory) }
    }
}
