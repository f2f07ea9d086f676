import Glibc
import Vocabulary

/// Files of the controller, read whole.
enum LocalFile {
    struct Failure: Error {
        /// In the system's words: `No such file or directory`.
        var reason: String
        var code: Int32
    }

    /// What tells one version of a file from another.
    struct Identity: Hashable, Sendable {
        var device: UInt64
        var inode: UInt64
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    static func contents(of path: String, atMost limit: ByteCount) throws(Failure) -> [UInt8] {
        let file = try OpenFile(path)
        let size = file.identity.size
        guard size <= limit.bytes else {
            throw Failure(reason: "it is larger than \(limit)", code: EFBIG)
        }
        var contents: [UInt8] = []
        contents.reserveCapacity(size)
        try file.read { contents.append(contentsOf: $0) }
        return contents
    }

    static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The regular files below a directory, and what links to some.
    static func paths(below directory: String) -> [String] {
        var found: [String] = []
        for name in names(in: directory) {
            let path = "\(directory)/\(name)"
            var information = stat()
            guard lstat(path, &information) == 0 else { continue }
            if information.st_mode & S_IFMT == S_IFDIR {
                found += paths(below: path)
            } else {
                found.append(path)
            }
        }
        return found
    }

    /// The path with every symbolic link followed.
    static func resolved(_ path: String) throws(Failure) -> String {
        guard let resolved = realpath(path, nil) else { throw lastFailure() }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static func lastFailure() -> Failure {
        let code = errno
        return Failure(reason: String(cString: strerror(code)), code: code)
    }
}

/// An open regular file.
struct OpenFile: ~Copyable {
    private let descriptor: Int32
    let identity: LocalFile.Identity

    init(_ path: String) throws(LocalFile.Failure) {
        // Not blocking: a FIFO would wait for its other end.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw LocalFile.lastFailure() }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else {
            let failure = LocalFile.lastFailure()
            close(descriptor)
            throw failure
        }
        guard information.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let isDirectory = information.st_mode & S_IFMT == S_IFDIR
            throw LocalFile.Failure(
                reason: isDirectory ? "it is a directory" : "it is not a regular file", code: EINVAL
            )
        }
        self.descriptor = descriptor
        identity = LocalFile.Identity(
            device: UInt64(information.st_dev), inode: UInt64(information.st_ino),
            size: Int(information.st_size), seconds: information.st_mtim.tv_sec,
            nanoseconds: information.st_mtim.tv_nsec)
    }

    deinit { close(descriptor) }

    /// Lends the content piece by piece.
    func read(_ body: (UnsafeRawBufferPointer) -> Void) throws(LocalFile.Failure) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw LocalFile.lastFailure() }
            if count == 0 { return }
            body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
