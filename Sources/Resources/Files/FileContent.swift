import Glibc
import Schema
import Vocabulary

/// What a file is to hold.
enum FileContent: Sendable {
    case text(SecretText)
    /// Whatever it may be; it is not shown.
    case unshown([UInt8])
    /// A file of the controller, of any size and kind.
    case local(path: String, digest: FileDigest)

    var size: Int {
        switch self {
        case .text(let text): text.withExposed(\.utf8.count)
        case .unshown(let bytes): bytes.count
        case .local(_, let digest): digest.size
        }
    }

    var isSensitive: Bool {
        switch self {
        case .text(let text): text.isSensitive
        case .unshown: true
        case .local: false
        }
    }

    /// What stands for it where it is not shown.
    var redacted: String {
        if case .text(let text) = self { text.redacted } else { redaction }
    }

    /// Whether it is a secret by what the playbook says, not merely something not to be shown.
    var isSecret: Bool {
        if case .text(let text) = self { text.isSensitive } else { false }
    }

    var sha256: String {
        switch self {
        case .text(let text): text.withExposed { sha256Text($0.utf8) }
        case .unshown(let bytes): sha256Text(bytes)
        case .local(_, let digest): digest.sha256
        }
    }

    /// What travels inside of a script; longer contents are uploaded.
    static let longestInScript = 64 << 10
    /// What a plan shows as text.
    static let longestShown = 256 << 10

    /// The bytes of a short content, `nil` of a long one.
    ///
    /// - Throws: what is wrong with the local file, such as that it is not what was hashed.
    func bytes(upTo limit: Int) throws(Diagnostics) -> [UInt8]? {
        guard size <= limit else { return nil }
        switch self {
        case .text(let text): return text.withExposed { Array($0.utf8) }
        case .unshown(let bytes): return bytes
        case .local(let path, let digest):
            let bytes = try Self.read(path, size: digest.size)
            guard sha256Text(bytes) == digest.sha256 else {
                throw Diagnostics([
                    Diagnostic(
                        .localFileProblem, "`\(path.visible)` changed while it was read",
                        help: "Run it again.")
                ])
            }
            return bytes
        }
    }

    private static func read(_ path: String, size: Int) throws(Diagnostics) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        var bytes: [UInt8] = []
        var count = descriptor < 0 ? -1 : 1
        while count > 0, bytes.count <= size {
            var piece = [UInt8](repeating: 0, count: 64 << 10)
            count = Glibc.read(descriptor, &piece, piece.count)
            if count > 0 { bytes += piece[..<count] }
        }
        guard count >= 0 else {
            let reason = String(cString: strerror(errno))
            throw Diagnostics([
                Diagnostic(.localFileProblem, "`\(path.visible)` cannot be read: \(reason)")
            ])
        }
        return bytes
    }
}
