import Hosts
import Schema
import Vocabulary

/// Puts a file in place of what stands at a path, whole or not at all.
///
/// A new file is made beside it, filled, given its owner and mode, judged, flushed to disk, and
/// only then renamed over the old one: whatever stops it, the old file is as it was. The new
/// file's name follows from the path, so that what a killed run left is removed by the next one.
struct FileReplacement: Sendable {
    /// What the old file must still be; otherwise nothing is done.
    enum Basis: Hashable, Sendable {
        case missing
        case sha256(String)
    }

    var path: String
    var content: FileContent
    /// With a mode; what it lacks is as for any new file of whoever runs the script.
    var attributes: FileAttributes
    /// A command with `%s` for the new file's name; it decides whether the file is put in place.
    var validation: String?
    var basis: Basis?

    func action() throws(Diagnostics) -> Action {
        let finish = FileFailure(path: path, validation: validation).finish
        guard let inline = try content.bytes(upTo: FileContent.longestInScript) else {
            return Action(
                uploads: [(upload, Self.temporaryPath(for: path))],
                script: script(filling: ["exec 3<\"$new\""]),
                options: ScriptOptions(lane: .slow, timeout: .seconds(600)), finish: finish)
        }
        let printing = Self.printing(inline, isSensitive: content.isSensitive)
        // dash does not say why it could not write, head does.
        let filling: ShellScript = """
            \(printing) >&3 || { head --bytes=65536 /dev/zero >&3 || :; \
            exit \(FileFailure.unwritten); }
            """
        return Action(script: script(filling: Self.opening + [filling]), finish: finish)
    }

    private var upload: UploadSource {
        switch content {
        case .text(let text): .bytes(text.withExposed { Array($0.utf8) })
        case .unshown(let bytes): .bytes(bytes)
        case .local(let path, _): .file(path)
        }
    }

    /// Beside the path, hidden, and short enough for any directory.
    static func temporaryPath(for path: String) -> String {
        path.parentPath.appendingPath(".finflow-\(sha256Text(path.utf8).prefix(16))")
    }

    /// Opens the new file as descriptor 3, closed to all others.
    ///
    /// Whoever may write to the directory may also rename what is in it. Noclobber makes the
    /// file exclusively, following no link, and all further steps go to the open file, not to
    /// its name.
    static let opening: [ShellScript] = [
        "if [ -e \"$new\" ] || [ -h \"$new\" ]; then rm -rf -- \"$new\"; fi",
        "umask 077", "set -C", "exec 3>\"$new\"", "set +C",
    ]

    /// - Parameter filling: leaves descriptor 3 open on the new file, whose name is `$new`.
    func script(filling: [ShellScript]) -> ShellScript {
        var lines: [ShellScript] = [
            "set -e",
            "new=\(Self.temporaryPath(for: path))",
            "trap 'rm -f -- \"$new\"' EXIT",
        ]
        switch basis {
        case .missing:
            lines.append("if [ -e \(path) ] || [ -h \(path) ]; then exit \(FileFailure.stale); fi")
        case .sha256(let digest):
            lines.append(
                "[ \"$(sha256sum <\(path))\" = '\(raw: digest)  -' ] || exit \(FileFailure.stale)")
        case nil:
            break
        }
        lines += filling
        if let ownership = attributes.ownership {
            lines.append("chown -- \(ownership) /proc/self/fd/3")
        }
        if let mode = attributes.mode {
            lines.append("chmod -- \(mode.description) /proc/self/fd/3")
        }
        if let validation {
            let name = Self.temporaryPath(for: path).shellQuoted
            let command = validation.replacing("%s", with: name)
            lines.append("( \(raw: command)\n) </dev/null >&2 || exit \(FileFailure.refused)")
        }
        lines += [
            "sync /proc/self/fd/3",
            "exec 3>&-",
            "mv -fT -- \"$new\" \(path)",
            "trap - EXIT",
        ]
        return lines.joined() + "\n"
    }

    /// The shell's own `printf` prints it: no process ever has the content as an argument, and
    /// none is started for it. What a shell cannot hold as a word travels in base64.
    private static func printing(_ bytes: [UInt8], isSensitive: Bool) -> ShellScript {
        if !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) {
            return isSensitive ? "printf %s \(Sensitive(text))" : "printf %s \(text)"
        }
        let encoded = Base64.encode(bytes)
        return isSensitive
            ? "printf %s \(Sensitive(encoded)) | base64 --decode"
            : "printf %s \(encoded) | base64 --decode"
    }
}
