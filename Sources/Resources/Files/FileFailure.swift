import Hosts
import Template
import Vocabulary

/// Tells why a script could not put a file in place, in the words of an operator.
struct FileFailure: Sendable {
    /// The file is not as it was observed.
    static let stale = 75
    /// The new content could not be written.
    static let unwritten = 74
    /// The validation refused the new content.
    static let refused = 81

    var path: String
    var validation: String?

    @Sendable func finish(_ result: ScriptResult) throws(ActionError) -> [String: Value] {
        guard result.status != 0 else { return [:] }
        let output = String(decoding: result.error + result.output, as: UTF8.self)
        let name = "`\(path.visible)`"
        switch Int(result.status) {
        case Self.stale:
            throw ActionError("\(name) changed since it was looked at", isStale: true)
        case Self.refused:
            throw ActionError(
                "`\((validation ?? "").visible)` refuses the new \(name); the old one stands",
                output: output)
        default:
            let reason = Self.reason(in: output) ?? "its script ended with status \(result.status)"
            throw ActionError("\(name) could not be changed: \(reason)", output: output)
        }
    }

    /// What the C library calls an error (the scripts run with `LC_ALL=C`), and what it means.
    private static func reason(in output: String) -> String? {
        let known: [(text: String, meaning: String)] = [
            ("No space left on device", "the file system is full"),
            ("Disk quota exceeded", "the disk quota is used up"),
            ("Read-only file system", "the file system is read-only"),
            ("Operation not permitted", "the operation is not permitted (is it immutable?)"),
            ("Permission denied", "permission denied"),
            ("invalid user", "there is no such user"),
            ("invalid group", "there is no such group"),
            ("Directory not empty", "the directory is not empty"),
            ("Device or resource busy", "something is mounted there"),
            ("Directory nonexistent", "its directory does not exist"),
            ("No such file or directory", "a file or directory on the way does not exist"),
            ("File exists", "something else stands there"),
        ]
        return known.first { output.contains($0.text) }?.meaning
    }
}
