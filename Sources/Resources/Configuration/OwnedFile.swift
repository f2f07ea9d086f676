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

    /// The file, and the directories that are made for it where they are missing.
    var questions: [any Probe] {
        let directories = path.hasPrefix("~/") ? path.ancestors : [path.parentPath]
        return [probe] + directories.map { PathProbe($0) }
    }

    func changes(from file: SmallFile) -> [Change] {
        guard file.kind != .absent else {
            return [Change(.create, path, after: content.shown)]
        }
        guard file.kind == .regular else {
            return [Change(.update, path, before: "\(file.kind)", after: content.shown)]
        }
        var changes: [Change] = []
        if content.withExposed({ Array($0.utf8) }) != file.content {
            let before = content.isSensitive ? redaction : file.textToShow(whereWanted: mode)
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

    private var attributes: FileAttributes {
        FileAttributes(mode: FileMode(mode), owner: owner, group: owner)
    }

    /// The file as it was found, for ``PlanContext/priors(of:)``.
    func endangered(_ file: SmallFile) -> Endangered {
        Endangered(
            path: path, status: file.status, sha256: file.content.map(sha256Text),
            becomesSecret: content.isSensitive)
    }

    /// Puts it in place; nobody ever sees a part of it. To be run under `set -e`.
    /// - Parameter check: run before it is in place, with the path of the new file in `$new`.
    func placing(
        over prior: Prior, _ context: PlanContext, check: ShellScript? = nil
    ) throws -> FileStep {
        let step = FileReplacement.step(
            at: path, content, attributes, prior: prior, in: context.stateDirectory, check: check)
        let replacement = FileReplacement(
            path: path, content: .text(content), attributes: attributes)
        return FileStep(
            script: "mkdir -p -- \(path.parentPath.shellPath)\n\(step)",
            undo: try context.stepsForMissing(path.ancestors)
                + [prior.step(leaving: replacement.left)])
    }

    /// Puts a note of finflowctl's own in place, which nobody wants back.
    var noting: ShellScript {
        """
        mkdir -p -- \(path.parentPath.shellPath)
        \(FileReplacement.step(at: path, content, attributes))
        """
    }

    /// Takes a file away, with what a killed run may have left beside it.
    static func removing(_ path: String, _ prior: Prior, _ context: PlanContext) -> FileStep {
        let removal = FileRemoval.script(path, prior, in: context.stateDirectory)
        return FileStep(
            script: """
                (
                \(removal)
                )
                rm -f -- \(ShellScript.temporaryPath(for: path).shellPath)
                """,
            undo: [prior.step(leaving: PathState(path, .missing))])
    }

    /// - Parameter mode: the one that such a file has.
    static func removal(of path: String, from file: SmallFile, mode: Int = 0o644) -> [Change] {
        guard file.kind != .absent else { return [] }
        return [Change(.delete, path, before: file.textToShow(whereWanted: mode))]
    }
}

/// A step of a longer script that changes a file, and how that is put back.
struct FileStep: Sendable {
    var script: ShellScript
    var undo: [UndoStep]
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
