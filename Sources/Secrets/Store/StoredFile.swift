import Glibc
import Loop
import Vocabulary

/// Files of the controller, read whole and replaced whole. Blocking: for the blocking pool.
enum StoredFile {
    static let largest = ByteCount.mebibytes(16)

    /// - Returns: `nil` when there is none.
    /// - Throws: `SystemError`
    static func contents(of path: String) throws -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemError(errno, in: "open")
        }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw SystemError(errno, in: "fstat") }
        guard information.st_mode & S_IFMT == S_IFREG else { throw SystemError(EINVAL, in: "open") }
        return try contents(of: descriptor)
    }

    /// - Throws: `SystemError`; EFBIG beyond the largest that anybody writes.
    static func contents(of descriptor: Int32) throws -> [UInt8] {
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, in: "read") }
            if count == 0 { return result }
            result += piece[..<count]
            guard result.count <= largest.bytes else { throw SystemError(EFBIG, in: "read") }
        }
    }

    /// Puts `bytes` in place of what stands at `path`, whole or not at all, and on disk on return.
    ///
    /// - Parameter mode: of a file that was not there; else the old one's stays.
    /// - Throws: `SystemError`
    static func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws {
        let new = beside(path, "new")
        // What a killed run left; not through a link that somebody put there.
        unlink(new)
        var information = stat()
        let isThere = stat(path, &information) == 0
        let wanted = isThere ? information.st_mode & 0o777 : mode
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError(errno, in: "open") }
        do {
            defer { close(descriptor) }
            try write(bytes, to: descriptor)
            guard fchmod(descriptor, wanted) == 0 else { throw SystemError(errno, in: "fchmod") }
            guard fsync(descriptor) == 0 else { throw SystemError(errno, in: "fsync") }
            guard rename(new, path) == 0 else { throw SystemError(errno, in: "rename") }
        } catch {
            unlink(new)
            throw error
        }
        try flushDirectory(of: path)
    }

    /// - Throws: `SystemError`
    static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
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
    }

    /// The rename is on disk only when the directory is.
    static func flushDirectory(of path: String) throws {
        let directory = open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw SystemError(errno, in: "open") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw SystemError(errno, in: "fsync") }
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A hidden file in the same directory: `.secrets.age.new`.
    static func beside(_ path: String, _ ending: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return "\(parent(of: path))/.\(name).\(ending)"
    }
}

extension SystemError {
    /// The same for an operator.
    func diagnostic(_ path: String, _ what: String) -> Diagnostic {
        Diagnostic(
            .secretsUnwritable, "`\(path.visible)` cannot be \(what): \(reason)")
    }
}
