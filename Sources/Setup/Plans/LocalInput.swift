import Glibc
import Loop
import Vocabulary

/// Files of this machine that a command is given.
enum LocalInput {
    /// The content of a file.
    ///
    /// - Throws: `SystemError`; EFBIG for a larger one, EINVAL for what is no file.
    static func contents(
        of path: String, atMost limit: ByteCount
    ) async throws -> [UInt8] {
        try await BlockingPool.shared.run { () throws(SystemError) in
            try read(path, limit.bytes)
        }
    }

    private static func read(_ path: String, _ limit: Int) throws(SystemError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError(errno, in: "open") }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw SystemError(errno, in: "fstat") }
        guard information.st_mode & S_IFMT == S_IFREG else { throw SystemError(EINVAL, in: "open") }
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, in: "read") }
            if count == 0 { return result }
            result += piece[..<count]
            guard result.count <= limit else { throw SystemError(EFBIG, in: "read") }
        }
    }
}
