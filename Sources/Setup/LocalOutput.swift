import Glibc
import Loop
public import Vocabulary

/// Files that a command writes on this machine: whole, or not at all.
public enum LocalOutput {
    /// Puts `text` at `path` in place of whatever file is there, on disk on return.
    ///
    /// - Throws: `SystemError`
    public static func replace(_ path: String, with text: String, mode: UInt32) async throws {
        try await BlockingPool.shared.run { () throws(SystemError) in
            try write(Array(text.utf8), at: path, mode)
        }
    }

    /// The text of a file.
    ///
    /// - Throws: `SystemError`; EFBIG for a larger one, EINVAL for what is no file.
    public static func contents(
        of path: String, atMost limit: ByteCount
    ) async throws -> [UInt8] {
        try await BlockingPool.shared.run { () throws(SystemError) in
            try read(path, limit.bytes)
        }
    }

    private static func write(
        _ bytes: [UInt8], at path: String, _ mode: UInt32
    ) throws(SystemError) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        // The collector of the node exporter reads `*.prom` alone, and so not this one. Two runs
        // at once do not write into one.
        let new = "\(parent(of: path))/.\(name).\(getpid()).new"
        unlink(new)
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError(errno, in: "open") }
        do throws(SystemError) {
            defer { close(descriptor) }
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(
                        descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
                }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw SystemError(errno, in: "write") }
                written += count
            }
            guard fchmod(descriptor, mode) == 0 else { throw SystemError(errno, in: "fchmod") }
            guard fsync(descriptor) == 0 else { throw SystemError(errno, in: "fsync") }
            guard rename(new, path) == 0 else { throw SystemError(errno, in: "rename") }
        } catch {
            unlink(new)
            throw error
        }
        let directory = open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw SystemError(errno, in: "open") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw SystemError(errno, in: "fsync") }
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

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
