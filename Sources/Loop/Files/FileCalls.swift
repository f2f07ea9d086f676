internal import Glibc
public import Vocabulary

/// The system's calls on files, each with its errno. They block: only for threads of the
/// blocking pool.
public enum FileCalls {
    public static func open(
        _ path: String, _ flags: Int32, mode: UInt32 = 0o600
    ) throws(SystemError) -> Int32 {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemError(errno, in: "open") }
        return descriptor
    }

    // MARK: Reading

    /// Who else may have a say in what a path leads to.
    public enum Links: Sendable {
        case followed
        /// ELOOP where the last part of the path is one.
        case refused
    }

    /// Reads a regular file as a whole; `nil` where there is none.
    ///
    /// - Throws: EFBIG for a larger one, EISDIR and EINVAL for what is no regular file.
    public static func contents(
        of path: String, atMost limit: ByteCount, links: Links = .followed
    ) throws(SystemError) -> [UInt8]? {
        let descriptor: Int32
        do {
            // Not blocking: a FIFO would wait for its other end.
            descriptor = try open(
                path, O_RDONLY | O_NONBLOCK | (links == .refused ? O_NOFOLLOW : 0))
        } catch {
            if error.number == ENOENT || error.number == ENOTDIR { return nil }
            throw error
        }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw SystemError(errno, in: "fstat") }
        guard information.st_mode & S_IFMT == S_IFREG else {
            throw SystemError(information.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL, in: "open")
        }
        guard information.st_size <= limit.bytes else { throw SystemError(EFBIG, in: "read") }
        return try contents(ofDescriptor: descriptor, atMost: limit, expecting: information.st_size)
    }

    /// Reads to the end: a file, a pipe.
    ///
    /// - Parameter size: how much it is likely to be.
    /// - Throws: EFBIG beyond the limit.
    public static func contents(
        ofDescriptor descriptor: Int32, atMost limit: ByteCount, expecting size: Int = 0
    ) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        // A file that is as long as it said costs two calls.
        var piece = [UInt8](repeating: 0, count: min(max(size + 1, 4 << 10), 256 << 10))
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, in: "read") }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= limit.bytes else { throw SystemError(EFBIG, in: "read") }
        }
    }

    /// What is in a directory; nothing where there is none.
    ///
    /// - Parameter hidden: whether also what begins with a dot.
    public static func names(in path: String, hidden: Bool = false) throws(SystemError) -> [String]
    {
        guard let stream = opendir(path) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw SystemError(errno, in: "opendir")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemError(errno, in: "readdir") }
                return names
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if hidden ? name != "." && name != ".." : !name.hasPrefix(".") { names.append(name) }
        }
    }

    // MARK: Writing

    /// Makes a file that is not there, with its contents on the disk. One that could not be
    /// written to the end is gone again.
    public static func create(
        _ path: String, _ bytes: [UInt8], mode: UInt32
    ) throws(SystemError) {
        let descriptor = try open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
        do throws(SystemError) {
            // Whatever the umask is.
            guard fchmod(descriptor, mode) == 0 else { throw SystemError(errno, in: "chmod") }
            try write(bytes, to: descriptor)
            guard fsync(descriptor) == 0 else { throw SystemError(errno, in: "fsync") }
        } catch {
            close(descriptor)
            unlink(path)
            throw error
        }
        // NFS tells of a full disk or a quota as late as here.
        guard close(descriptor) == 0 || errno == EINTR else {
            let error = SystemError(errno, in: "close")
            unlink(path)
            throw error
        }
    }

    public static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(
                    descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, in: "write") }
            written += count
        }
    }

    /// Gives a whole file its name, in place of what had it. The file is gone where that fails.
    public static func rename(_ file: String, to path: String) throws(SystemError) {
        guard Glibc.rename(file, path) == 0 else {
            let error = SystemError(errno, in: "rename")
            unlink(file)
            throw error
        }
        try sync(directory: folder(of: path))
    }

    /// Names that were given in a directory outlive a power cut from here on.
    public static func sync(directory path: String) throws(SystemError) {
        let descriptor = try open(path, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        // Some file systems do not know it of directories; there is nothing to be had there.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw SystemError(errno, in: "fsync")
        }
    }

    // MARK: Paths

    /// The directory that a path's last name is in.
    public static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A hidden file in the same directory, by an ending by which no collector of files reads it
    /// (node exporter: `*.prom`): `.secrets.age.new`.
    public static func beside(_ path: String, _ ending: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return "\(folder(of: path))/.\(name).\(ending)"
    }
}
