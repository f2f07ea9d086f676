import Hosts
import Schema
import Vocabulary

/// Puts a file in place of what stands at a path, whole or not at all.
///
/// A new file is made beside it, filled, given its owner and mode, judged, flushed to disk, and
/// only then renamed over the old one: whatever stops it, the old file is as it was. The new
/// file's name follows from the path, so that what a killed run left is removed by the next one.
struct FileReplacement: Sendable {
    var path: String
    var content: FileContent
    /// With a mode; what it lacks is as for any new file of whoever runs the script.
    var attributes: FileAttributes
    /// A command with `%s` for the new file's name; it decides whether the file is put in place.
    var validation: String?
    /// What the old file must still hold (SHA-256); otherwise nothing is done.
    var basis: String?

    func action() throws(Diagnostics) -> Action {
        let inline = try content.bytes(upTo: FileContent.longestInScript)
        let failure = FileFailure(path: path, validation: validation)
        guard let inline else {
            return Action(
                uploads: [(upload, temporaryPath)], script: script(filling: nil),
                options: ScriptOptions(lane: .slow, timeout: .seconds(600)), finish: failure.finish)
        }
        return Action(
            script: script(filling: Self.printing(inline, isSensitive: content.isSensitive)),
            finish: failure.finish)
    }

    private var upload: UploadSource {
        switch content {
        case .text(let text): .bytes(text.withExposed { Array($0.utf8) })
        case .local(let path, _): .file(path)
        }
    }

    /// Beside the path, hidden, and short enough for any directory.
    var temporaryPath: String { Self.temporaryPath(for: path) }

    static func temporaryPath(for path: String) -> String {
        path.parentPath.appendingPath(".finflow-\(sha256Text(path.utf8).prefix(16))")
    }

    /// - Parameter filling: prints the content; `nil` when it has been uploaded.
    private func script(filling: ShellScript?) -> ShellScript {
        var lines: [ShellScript] = [
            "set -e",
            "new=\(temporaryPath)",
            "trap 'rm -f -- \"$new\"' EXIT",
        ]
        if let basis {
            lines.append(
                "[ \"$(sha256sum <\(path))\" = '\(raw: basis)  -' ] || exit \(FileFailure.stale)")
        }
        if let filling {
            // Whoever may write to the directory may also rename what is in it. Noclobber makes
            // the file exclusively, following no link, and all further steps go to the open
            // file, not to its name.
            lines += [
                "if [ -e \"$new\" ] || [ -h \"$new\" ]; then rm -rf -- \"$new\"; fi",
                "umask 077", "set -C", "exec 3>\"$new\"", "set +C",
                // dash does not say why it could not write, head does.
                """
                \(filling) >&3 || { head --bytes=65536 /dev/zero >&3 || :; \
                exit \(FileFailure.unwritten); }
                """,
            ]
        } else {
            lines.append("exec 3<\"$new\"")
        }
        if let ownership = attributes.ownership {
            lines.append("chown -- \(ownership) /proc/self/fd/3")
        }
        if let mode = attributes.mode {
            lines.append("chmod -- \(mode.description) /proc/self/fd/3")
        }
        if let validation {
            // The name needs no quotes but those of the directory it is in.
            let command = validation.replacing("%s", with: temporaryPath.shellQuoted)
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
    static func printing(_ bytes: [UInt8], isSensitive: Bool) -> ShellScript {
        if !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) {
            return isSensitive
                ? "printf %s \(Sensitive(text))" : "printf %s \(text)"
        }
        return "printf %s \(Base64.encode(bytes)) | base64 --decode"
    }
}
