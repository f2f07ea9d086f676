internal import Glibc
internal import Loop

/// A file of this machine that is read on the blocking pool, in chunks that are worth a change
/// of threads.
final class LocalFile: AsyncSequence, Sendable {
    private let number: Int32
    private let path: String

    private init(number: Int32, path: String) {
        self.number = number
        self.path = path
    }

    deinit {
        close(number)
    }

    static func open(_ path: String) async throws -> LocalFile {
        try await BlockingPool.shared.run {
            let number = Glibc.open(path, O_RDONLY | O_CLOEXEC)
            guard number >= 0 else { throw SSHError.local(path, "open") }
            return LocalFile(number: number, path: path)
        }
    }

    fileprivate func read(at offset: Int) async throws -> [UInt8]? {
        try await BlockingPool.shared.run { [self] in
            var result = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 512 << 10) { buffer, count in
                result = pread(number, buffer.baseAddress, buffer.count, off_t(offset))
                count = Swift.max(0, result)
            }
            guard result >= 0 else { throw SSHError.local(path, "read") }
            return bytes.isEmpty ? nil : bytes
        }
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let file: LocalFile
        private var offset = 0

        fileprivate init(file: LocalFile) {
            self.file = file
        }

        mutating func next() async throws -> [UInt8]? {
            guard let bytes = try await file.read(at: offset) else { return nil }
            offset += bytes.count
            return bytes
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(file: self)
    }
}

extension SSHError {
    /// What the last system call said of a file of this machine.
    static func local(_ path: String, _ call: String) -> SSHError {
        local(path, SystemError(errno, in: call))
    }

    static func local(_ path: String, _ error: SystemError) -> SSHError {
        .transferFailed(path: path, reason: error.reason)
    }
}
