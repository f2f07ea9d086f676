public import Age
import Glibc
import Loop
import Vocabulary

/// A secret key that is made and put where only its owner can read it.
public enum NewIdentity {
    /// - Parameters:
    ///   - passphrase: what protects it; `nil` for nothing but its mode.
    ///   - time: when, for the comment.
    /// - Returns: what goes public.
    /// - Throws: when there is a file already: it is never replaced.
    public static func make(
        at path: String, passphrase: Passphrase?, time: String
    ) async throws -> Recipient {
        let identity = Identity()
        let text = identity.encoded.map { key in
            "# created: \(time)\n# public key: \(identity.recipient)\n\(key)\n"
        }
        var bytes = text.map { Array($0.utf8) }
        if let passphrase {
            bytes = Sensitive(
                try await AgeFile.encrypt(bytes, to: .passphrase(passphrase), as: .armored))
        }
        let content = bytes
        try await BlockingPool.shared.run {
            do {
                try content.withExposed { try put($0, at: path) }
            } catch let error as SystemError {
                throw error.diagnostic(path, "written")
            }
        }
        return identity.recipient
    }

    /// A file that is whole when it appears, and that appears only where none was: link(2) does
    /// not replace.
    private static func put(_ bytes: [UInt8], at path: String) throws {
        try makeDirectories(FileCalls.folder(of: path))
        let new = FileCalls.beside(path, "\(getpid()).new")
        unlink(new)
        try FileCalls.create(new, bytes, mode: 0o600)
        defer { unlink(new) }
        guard link(new, path) == 0 else {
            guard errno == EEXIST else { throw SystemError(errno, in: "link") }
            throw Diagnostic(
                .identityExists, "there is a file already: `\(path.visible)`",
                help:
                    "Name another one with `--identity FILE`. A key that is there is never replaced."
            )
        }
        try FileCalls.sync(directory: FileCalls.folder(of: path))
    }

    private static func makeDirectories(_ path: String) throws {
        guard access(path, F_OK) != 0 else { return }
        let parent = FileCalls.folder(of: path)
        if parent != path { try makeDirectories(parent) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw SystemError(errno, in: "mkdir")
        }
    }
}
