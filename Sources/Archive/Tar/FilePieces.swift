import Glibc
internal import Loop

/// A regular file's bytes, read when they are asked for, on the blocking pool.
public struct FilePieces: AsyncSequence, Sendable {
    public typealias Failure = any Error

    private let path: String

    /// - Parameter path: of a regular file; a link is not followed.
    public init(path: String) {
        self.path = path
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: OpenFile(path)) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let file: OpenFile

        /// Never an empty piece.
        ///
        /// - Throws: `SystemError`.
        public mutating func next() async throws -> [UInt8]? {
            try Task.checkCancellation()
            return try await file.next()
        }
    }
}

private actor OpenFile {
    private nonisolated let lane = BlockingLane()
    private let path: String
    private var descriptor: Int32?

    init(_ path: String) {
        self.path = path
    }

    deinit {
        if let descriptor { close(descriptor) }
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

    func next() throws(SystemError) -> [UInt8]? {
        let descriptor = try opened()
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: ReadyPieces.size) { buffer, size in
                count = read(descriptor, buffer.baseAddress, buffer.count)
                size = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, in: "read") }
            return bytes.isEmpty ? nil : bytes
        }
    }

    private func opened() throws(SystemError) -> Int32 {
        if let descriptor { return descriptor }
        // Not blocking: a FIFO that took the file's place would wait for its other end.
        let new = try FileCalls.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        descriptor = new
        return new
    }
}
