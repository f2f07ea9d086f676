internal import Glibc
internal import Loop

/// Reading and appending, on a thread that may wait.
enum KnownHostsFile {
    /// `nil` when there is no such file.
    static func read(_ path: String) throws(SSHError) -> String? {
        do {
            return String(decoding: try FileBytes.read(path), as: UTF8.self)
        } catch  where error.number == ENOENT || error.number == ENOTDIR {
            return nil
        } catch {
            throw .knownHostsUnusable(file: path, reason: error.reason)
        }
    }

    /// Runs `body` while no other finflowctl changes the file; creates it if need be.
    static func withLock(
        _ path: String,
        _ body: (_ appendLine: (String) throws(SSHError) -> Void) throws(SSHError) -> Void
    ) throws(SSHError) {
        func failure(_ call: String) -> SSHError {
            .knownHostsUnusable(file: path, reason: SystemError(errno, in: call).reason)
        }
        if let folder = path.lastIndex(of: "/").map({ path[..<$0] }), !folder.isEmpty {
            mkdir(String(folder), 0o700)  // the one folder that ssh makes, too
        }
        let file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("open") }
        defer { close(file) }  // and with it the lock
        guard flock(file, LOCK_EX) == 0 else { throw failure("flock") }
        try body { line throws(SSHError) in
            // One write: with O_APPEND the kernel keeps it in one piece, whoever else appends.
            let bytes = Array(((endsInsideLine(file) ? "\n" : "") + line + "\n").utf8)
            guard write(file, bytes, bytes.count) == bytes.count else { throw failure("write") }
        }
    }

    private static func endsInsideLine(_ file: Int32) -> Bool {
        let size = lseek(file, 0, SEEK_END)
        var last: UInt8 = 0
        return size > 0 && pread(file, &last, 1, size - 1) == 1 && last != UInt8(ascii: "\n")
    }
}

/// Whole small files, on a thread that may wait.
enum FileBytes {
    /// No key, configuration or known_hosts file is larger.
    private static let limit = 16 << 20

    static func read(_ path: String) throws(SystemError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError(errno, in: "open") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            guard count >= 0 else { throw SystemError(errno, in: "read") }
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= limit else { throw SystemError(EFBIG, in: "read") }
        }
    }
}
