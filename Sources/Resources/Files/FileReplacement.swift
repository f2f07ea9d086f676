import Hosts
import Schema
import Vocabulary

/// Puts a file in place of what stands at a path, whole or not at all. Every file that a
/// resource writes is written by it.
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

    /// `~/` at its start is the home of whoever runs the script.
    var path: String
    var content: FileContent
    /// With a mode; what it lacks is as for any new file of whoever runs the script.
    var attributes: FileAttributes
    /// A command with `%s` for the new file's name; it decides whether the file is put in place.
    var validation: String?
    var basis: Basis?
    /// Whether what the validation says may quote a secret.
    var holdsSecret = false

    func action() throws(Diagnostics) -> Action {
        let failure = FileFailure(
            path: path, validation: validation, holdsSecret: holdsSecret || content.isSecret)
        guard let inline = try content.bytes(upTo: FileContent.longestInScript) else {
            return Action(
                uploads: [(upload, ShellScript.temporaryPath(for: path))],
                script: script(opening: false, filling: ["exec 3<\"$new\""]),
                options: ScriptOptions(lane: .slow, timeout: .seconds(600)),
                finish: failure.finish)
        }
        let filling = Self.filling(by: .printing(inline, isSecret: content.isSensitive))
        return Action(script: script(opening: true, filling: [filling]), finish: failure.finish)
    }

    private var upload: UploadSource {
        switch content {
        case .text(let text): .bytes(text.withExposed { Array($0.utf8) })
        case .unshown(let bytes): .bytes(bytes)
        case .local(let path, _): .file(path)
        }
    }
}

// MARK: Scripts

extension FileReplacement {
    /// A step of a longer script, run under `set -e`.
    ///
    /// - Parameter check: judges the new file, whose path is in `$new`; it exits where it
    ///   refuses it.
    static func step(
        at path: String, _ content: SecretText, _ attributes: FileAttributes,
        check: ShellScript? = nil
    ) -> ShellScript {
        let replacement = FileReplacement(
            path: path, content: .text(content), attributes: attributes)
        let filling = filling(by: .printing(content))
        return "(\n\(replacement.script(opening: true, filling: [filling], check: check)))\n"
    }

    /// A step that replaces a text by what `filter` makes of it as it then is, which keeps its
    /// owner and mode: two tasks may edit one file after each other, neither with an old copy.
    ///
    /// - Parameters:
    ///   - filter: reads the old text from its standard input, prints the new one, and exits
    ///     when it cannot.
    ///   - mode: instead of the old one; the owner then is whoever runs the script.
    ///   - writesThrough: where something is mounted on the file itself, as containers have it,
    ///     its content is replaced, which is all that can be done.
    static func editing(
        _ path: String, mode: FileMode? = nil, writesThrough: Bool = false,
        by filter: ShellScript
    ) -> ShellScript {
        let replacement = FileReplacement(
            path: path, content: .unshown([]), attributes: FileAttributes())
        let old = path.shellPath
        let likeOld: ShellScript = """
            chown --reference=\(old) -- /proc/self/fd/3
            chmod --reference=\(old) -- /proc/self/fd/3
            """
        let likeNew: ShellScript = "chmod -- \((mode ?? 0o644).description) /proc/self/fd/3"
        let steps: [ShellScript] = [
            """
            if [ -f \(old) ]; then exec 4<\(old)
            \(mode == nil ? likeOld : likeNew)
            else exec 4</dev/null
            \(likeNew)
            fi
            """,
            filling(by: "(\n\(filter)\n) <&4"),
            "exec 4<&-",
        ]
        let script = replacement.script(
            opening: true, filling: steps, placing: writesThrough ? .renamedOrWritten : .renamed)
        return "(\n\(script))\n"
    }

    /// A step that makes or switches a symbolic link. `ln -f` would take the old one away
    /// before it makes the new one; a rename does not.
    static func linking(_ path: String, to target: String) -> ShellScript {
        """
        (
        \(beginning(at: path))
        \(removingLeftover)
        ln -sT -- \(target) "$new"
        mv -fT -- "$new" \(path.shellPath)
        trap - EXIT
        )

        """
    }

    /// Opens the new file as descriptor 3, at first with this mode.
    ///
    /// Whoever may write to the directory may also rename what is in it. Noclobber makes the
    /// file exclusively, following no link, and all further steps go to the open file, not to
    /// its name.
    private static func opening(mode: FileMode) -> [ShellScript] {
        let mask = FileMode(0o777 & ~mode.bits)
        return [
            removingLeftover, "umask \(raw: mask.description)", "set -C", "exec 3>\"$new\"",
            "set +C", "umask 077",
        ]
    }

    /// The mode that the new file can be made with, so that no program has to set it: one
    /// without rights to execute, where the owner stays whoever makes it.
    private var modeFromStart: FileMode? {
        guard attributes.ownership == nil, let mode = attributes.mode, mode.bits & ~0o666 == 0
        else { return nil }
        return mode
    }

    private static let removingLeftover: ShellScript =
        "if [ -e \"$new\" ] || [ -h \"$new\" ]; then rm -rf -- \"$new\"; fi"

    private static func beginning(at path: String) -> ShellScript {
        """
        set -e
        new=\(ShellScript.temporaryPath(for: path).shellPath)
        trap 'rm -f -- "$new"' EXIT
        """
    }

    /// dash does not say why it could not write, head does.
    private static func filling(by printing: ShellScript) -> ShellScript {
        """
        \(printing) >&3 || { head --bytes=65536 /dev/zero >&3 || :; exit \(FileFailure.unwritten); }
        """
    }

    enum Placing {
        case renamed, renamedOrWritten
    }

    /// - Parameters:
    ///   - opening: whether the new file is made here, with its mode if that can be.
    ///   - filling: leaves descriptor 3 open on the new file, whose name is `$new`.
    func script(
        opening: Bool, filling: [ShellScript], check: ShellScript? = nil,
        placing: Placing = .renamed
    ) -> ShellScript {
        let old = path.shellPath
        var lines: [ShellScript] = [Self.beginning(at: path)]
        switch basis {
        case .missing:
            lines.append("if [ -e \(old) ] || [ -h \(old) ]; then exit \(FileFailure.stale); fi")
        case .sha256(let digest):
            lines.append(
                "[ \"$(sha256sum <\(old))\" = '\(raw: digest)  -' ] || exit \(FileFailure.stale)")
        case nil:
            break
        }
        let modeFromStart = opening ? self.modeFromStart : nil
        if opening { lines += Self.opening(mode: modeFromStart ?? 0o600) }
        lines += filling
        if let ownership = attributes.ownership {
            lines.append("chown -- \(ownership) /proc/self/fd/3")
        }
        if let mode = attributes.mode, modeFromStart == nil {
            lines.append("chmod -- \(mode.description) /proc/self/fd/3")
        }
        if let validation {
            let name = ShellScript.temporaryPath(for: path).shellQuoted
            let command = validation.replacing("%s", with: name)
            lines.append("( \(raw: command)\n) </dev/null >&2 || exit \(FileFailure.refused)")
        }
        if let check { lines.append(check) }
        lines += ["sync /proc/self/fd/3", "exec 3>&-"]
        switch placing {
        case .renamed:
            lines += ["mv -fT -- \"$new\" \(old)", "trap - EXIT"]
        case .renamedOrWritten:
            lines.append(
                """
                if mv -fT -- "$new" \(old) 2>/dev/null; then trap - EXIT
                else cat -- "$new" >\(old); fi
                """)
        }
        return lines.joined() + "\n"
    }
}
