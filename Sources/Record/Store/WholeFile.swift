import Glibc
public import Loop

/// A file of an operator's that is written as a whole: it is there with all of its contents, or
/// as it was before.
public struct WholeFile: Sendable {
    /// Where it is written: links are followed.
    private let target: String
    private let folder: String

    /// - Throws: `SystemError` where it could not be written: told before the work is done whose
    ///   result it is to hold.
    public init(checking path: String) async throws(SystemError) {
        (target, folder) = try await BlockingPool.shared.run { () throws(SystemError) in
            try Self.located(path)
        }
    }

    private static func located(_ path: String) throws(SystemError) -> (String, String) {
        var target = path
        if let resolved = realpath(path, nil) {
            target = String(cString: resolved)
            free(resolved)
        }
        var information = stat()
        if stat(target, &information) == 0, information.st_mode & S_IFMT != S_IFREG {
            // Renaming something over /dev/stdout would do what nobody means.
            throw SystemError(
                information.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL, in: "open")
        }
        let slash = target.lastIndex(of: "/")
        let folder = slash.map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? "."
        guard access(folder, W_OK | X_OK) == 0 else { throw SystemError(errno, in: "access") }
        return (target, folder)
    }

    /// - Parameter mode: who may read it; without, only its owner.
    public func write(_ bytes: [UInt8], mode: UInt32 = 0o600) async throws(SystemError) {
        try await BlockingPool.shared.run { () throws(SystemError) in
            let name = target.split(separator: "/").last.map(String.init) ?? target
            // Hidden, and with an ending by which no collector of files reads it (node
            // exporter: `*.prom`). Two runs at once do not write into one.
            let temporary = "\(folder)/.\(name).\(getpid()).new"
            unlink(temporary)
            try FileCalls.write(bytes, to: temporary, mode: mode)
            guard rename(temporary, target) == 0 else {
                let error = SystemError(errno, in: "rename")
                unlink(temporary)
                throw error
            }
            try FileCalls.sync(directory: folder)
        }
    }
}
