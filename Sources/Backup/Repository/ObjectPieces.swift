import Glibc
import Loop

/// The bytes of an object of a directory, read when they are asked for.
struct ObjectPieces: AsyncSequence, Sendable {
    static let pieceSize = 256 << 10

    let directory: RepositoryDirectory
    let key: ObjectKey
    let range: Range<Int>

    func makeAsyncIterator() -> Iterator {
        Iterator(file: OpenObject(directory: directory, key: key, range: range))
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let file: OpenObject

        mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try Task.checkCancellation()
            return try await file.next()
        }
    }
}

/// A file of a directory while it is read, opened when its first piece is asked for.
private actor OpenObject {
    private nonisolated let lane = BlockingLane()
    private let directory: RepositoryDirectory
    private let key: ObjectKey
    private var rest: Range<Int>
    private var descriptor: Int32?

    init(directory: RepositoryDirectory, key: ObjectKey, range: Range<Int>) {
        self.directory = directory
        self.key = key
        rest = range
    }

    deinit {
        if let descriptor { close(descriptor) }
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

    func next() throws -> [UInt8]? {
        guard !rest.isEmpty else { return nil }
        do throws(SystemError) {
            let bytes = try read(min(rest.count, ObjectPieces.pieceSize))
            guard !bytes.isEmpty else { throw SystemError(ENODATA, in: "read") }
            rest = (rest.lowerBound + bytes.count)..<rest.upperBound
            return bytes
        } catch {
            switch error.number {
            case ENODATA: throw RepositoryError.cut(key)
            case ENOENT: throw RepositoryError.missing(key)
            default: throw directory.trouble(error, "read \(key)")
            }
        }
    }

    private func read(_ count: Int) throws(SystemError) -> [UInt8] {
        let descriptor = try opened()
        while true {
            var read = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                read = pread(descriptor, buffer.baseAddress, count, rest.lowerBound)
                initialized = max(0, read)
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw SystemError(errno, in: "read") }
            return bytes
        }
    }

    private func opened() throws(SystemError) -> Int32 {
        if let descriptor { return descriptor }
        let new = try FileCalls.open(directory.path(key), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        descriptor = new
        return new
    }
}
