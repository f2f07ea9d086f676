internal import Glibc
internal import Loop
internal import Synchronization

/// The pieces of an upload, read as they are needed.
struct UploadPieces: Sendable {
    static let size = 256 << 10

    /// `nil` at the end.
    let next: @Sendable () async throws -> [UInt8]?

    /// - Throws: `SystemError` for a file that cannot be opened.
    init(_ source: UploadSource) async throws {
        switch source {
        case .bytes(let bytes):
            let position = Position()
            next = {
                let start = position.advance(by: Self.size)
                guard start < bytes.count else { return nil }
                return Array(bytes[start..<min(start + Self.size, bytes.count)])
            }
        case .file(let path):
            let file = try await BlockingPool.shared.run { () throws(SystemError) in
                try ReadableFile(path)
            }
            next = {
                try await BlockingPool.shared.run { () throws(SystemError) in
                    try file.read(Self.size)
                }
            }
        case .stream(let pieces):
            next = pieces
        }
    }
}

/// How far something has been read, by one reader at a time.
private final class Position: Sendable {
    private let value = Atomic<Int>(0)

    func advance(by count: Int) -> Int {
        value.add(count, ordering: .relaxed).oldValue
    }
}

/// A file of this machine, closed with its last reference.
private final class ReadableFile: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws(SystemError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw SystemError(errno, in: "open \(path)") }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// `nil` at the end.
    func read(_ count: Int) throws(SystemError) -> [UInt8]? {
        var result = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            repeat {
                result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            } while result < 0 && errno == EINTR
            initialized = max(0, result)
        }
        if result < 0 { throw SystemError(errno, in: "read") }
        return result == 0 ? nil : bytes
    }
}
