import Glibc
import Loop

/// The system's calls on files, each with its errno. They block: only for threads of the
/// blocking pool.
enum FileCalls {
    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(SystemError)
        -> Int32
    {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemError(errno, in: "open") }
        return descriptor
    }

    /// Reads a regular file as a whole; `nil` where there is none.
    static func contents(of path: String, atMost limit: Int) throws(SystemError) -> [UInt8]? {
        let descriptor: Int32
        do {
            descriptor = try open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
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
        guard information.st_size <= limit else { throw SystemError(EFBIG, in: "read") }
        var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, in: "read") }
            guard count > 0 else { break }
            filled += count
        }
        return Array(bytes.prefix(filled))
    }

    /// Makes a file that is not there, with its contents on the disk. One that could not be
    /// written to the end is gone again.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(SystemError) {
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

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
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

    /// Names that were given in a directory outlive a power cut from here on.
    static func sync(directory path: String) throws(SystemError) {
        let descriptor = try open(path, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        // Some file systems do not know it of directories; there is nothing to be had there.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw SystemError(errno, in: "fsync")
        }
    }

    /// What is in a directory but what begins with a dot; nothing where there is none.
    static func names(in path: String, hidden: Bool = false) throws(SystemError) -> [String] {
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
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if hidden ? name != "." && name != ".." : !name.hasPrefix(".") { names.append(name) }
        }
    }
}
