import Hosts
import Schema
import TaskGraph
import Vocabulary

/// A small file that a resource owns as a whole: it is compared by content, mode and owner, and
/// replaced in one step.
struct OwnedFile: Sendable {
    var path: String
    var content: SecretText
    var mode = 0o644
    /// `nil` for files in a home, which belong to whoever writes them.
    var owner: String? = "root"

    init(_ path: String, _ content: SecretText, mode: Int = 0o644, owner: String? = "root") {
        self.path = path
        self.content = content
        self.mode = mode
        self.owner = owner
    }

    init(_ path: String, _ text: String, mode: Int = 0o644, owner: String? = "root") {
        self.init(path, SecretText(text), mode: mode, owner: owner)
    }

    var probe: SmallFileProbe { SmallFileProbe(path) }

    func changes(from file: SmallFile) -> [Change] {
        guard file.kind != .absent else {
            return [Change(.create, path, after: content.shown)]
        }
        guard file.kind == .regular else {
            return [Change(.update, path, before: "\(file.kind)", after: content.shown)]
        }
        var changes: [Change] = []
        if content.withExposed({ Array($0.utf8) }) != file.content {
            let before = content.isSensitive ? redaction : file.text
            changes.append(Change(.update, path, before: before, after: content.shown))
        }
        if mode != file.mode {
            changes.append(
                Change(.update, "\(path) mode", before: file.mode.octal, after: mode.octal))
        }
        if let owner, owner != file.owner || owner != file.group {
            changes.append(
                Change(
                    .update, "\(path) owner", before: "\(file.owner):\(file.group)",
                    after: "\(owner):\(owner)"))
        }
        return changes
    }

    /// Puts it in place; nobody ever sees a part of it. To be run under `set -e`.
    /// - Parameter check: run before it is in place, with the path of the new file in `$new`.
    func placing(check: ShellScript? = nil) -> ShellScript {
        let attributes = FileAttributes(mode: FileMode(mode), owner: owner, group: owner)
        return """
            mkdir -p -- \(path.parentPath.shellPath)
            \(FileReplacement.step(at: path, content, attributes, check: check))
            """
    }

    /// Takes a file away, with what a killed run may have left beside it.
    static func removing(_ path: String) -> ShellScript {
        "rm -f -- \(path.shellPath) \(ShellScript.temporaryPath(for: path).shellPath)"
    }

    static func removal(of path: String, from file: SmallFile) -> [Change] {
        file.kind == .absent ? [] : [Change(.delete, path, before: file.text)]
    }
}

extension String {
    /// The lines that are not empty, whichever way they end: to Swift `\r\n` is one character,
    /// and no `\n`.
    var textLines: [String] {
        utf8.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

extension Int {
    /// A file mode as operators write it: `0644`.
    var octal: String {
        let digits = String(self, radix: 8)
        return String(repeating: "0", count: digits.count < 4 ? 4 - digits.count : 0) + digits
    }
}
