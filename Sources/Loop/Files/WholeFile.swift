internal import Glibc
public import Vocabulary

/// A file of an operator's that is written as a whole: it is there with all of its contents, or
/// as it was before.
public struct WholeFile: Sendable {
    /// Where it is written: links are followed.
    private let target: String

    /// Who may read it.
    public enum Access: Sendable {
        /// With this mode, whatever stood there before.
        case always(UInt32)
        /// As what stood there before; with this mode where nothing did.
        case kept(orElse: UInt32)
    }

    /// - Throws: `SystemError` where it could not be written: told before the work is done whose
    ///   result it is to hold.
    public init(checking path: String) async throws(SystemError) {
        target = try await BlockingPool.shared.run { () throws(SystemError) in
            let target = Self.resolved(path)
            var information = stat()
            if stat(target, &information) == 0, information.st_mode & S_IFMT != S_IFREG {
                // Renaming something over /dev/stdout would do what nobody means.
                throw SystemError(
                    information.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL, in: "open")
            }
            guard access(FileCalls.folder(of: target), W_OK | X_OK) == 0 else {
                throw SystemError(errno, in: "access")
            }
            return target
        }
    }

    /// - Parameter mode: who may read it; without, only its owner.
    public func write(_ bytes: [UInt8], mode: UInt32 = 0o600) async throws(SystemError) {
        try await BlockingPool.shared.run { [target] () throws(SystemError) in
            // Two runs at once do not write into one.
            try Self.replace(
                target, with: bytes, .always(mode),
                by: FileCalls.beside(target, "\(getpid()).new"))
        }
    }

    /// A file that is there; ENOENT where there is none. See `FileCalls.contents`.
    public static func read(
        _ path: String, atMost limit: ByteCount
    ) async throws(SystemError) -> [UInt8] {
        try await BlockingPool.shared.run { () throws(SystemError) in
            guard let bytes = try FileCalls.contents(of: path, atMost: limit) else {
                throw SystemError(ENOENT, in: "open")
            }
            return bytes
        }
    }

    /// Puts `bytes` in place of what stands at `path`, and on the disk; for one writer at a time,
    /// who holds a lock. Blocks.
    public static func replace(
        _ path: String, with bytes: [UInt8], _ access: Access
    ) throws(SystemError) {
        let target = resolved(path)
        try replace(target, with: bytes, access, by: FileCalls.beside(target, "new"))
    }

    private static func replace(
        _ target: String, with bytes: [UInt8], _ access: Access, by temporary: String
    ) throws(SystemError) {
        let mode: UInt32
        switch access {
        case .always(let wanted): mode = wanted
        case .kept(let other):
            var information = stat()
            mode = stat(target, &information) == 0 ? information.st_mode & 0o777 : other
        }
        // What a killed run left; not through a link that somebody put there.
        unlink(temporary)
        try FileCalls.create(temporary, bytes, mode: mode)
        try FileCalls.rename(temporary, to: target)
    }

    /// Of a path that leads somewhere, where to.
    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
