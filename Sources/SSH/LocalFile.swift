internal import Glibc
internal import Loop

/// A file of this machine, read and written on the blocking pool in chunks that are worth a
/// change of threads.
final class LocalFile: AsyncSequence, Sendable {
    enum Use {
        case read, write
    }

    private let number: Int32
    private let path: String

    private init(number: Int32, path: String) {
        self.number = number
        self.path = path
    }

    deinit {
        close(number)
    }

    static func open(_ path: String, _ use: Use) async throws -> LocalFile {
        let flags = use == .read ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC
        return try await BlockingPool.shared.run {
            let number = Glibc.open(path, flags | O_CLOEXEC, 0o600)
            guard number >= 0 else { throw failure(path, "open") }
            return LocalFile(number: number, path: path)
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        try await BlockingPool.shared.run { [self] in
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(number, $0.baseAddress?.advanced(by: written), $0.count - written)
                }
                guard count >= 0 else { throw Self.failure(path, "write") }
                written += count
            }
        }
    }

    fileprivate func read(at offset: Int) async throws -> [UInt8]? {
        try await BlockingPool.shared.run { [self] in
            var result = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 512 << 10) { buffer, count in
                result = pread(number, buffer.baseAddress, buffer.count, off_t(offset))
                count = Swift.max(0, result)
            }
            guard result >= 0 else { throw Self.failure(path, "read") }
            return bytes.isEmpty ? nil : bytes
        }
    }

    private static func failure(_ path: String, _ call: String) -> SSHError {
        .transferFailed(path: path, reason: SystemError(errno, in: call).reason)
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
