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
    /// What stands there; it is kept, and must still be it.
    var prior: Prior?
    /// Whether the new content has a secret in it though it is no secret text.
    var becomesSecret = false
    /// `/var/lib/finflow`, where `prior` is kept.
    var stateDirectory = ""

    func action() throws(Diagnostics) -> Action {
        let failure = FileFailure(
            path: path, validation: validation, holdsSecret: holdsSecret || content.isSecret)
        guard let inline = try content.bytes(upTo: FileContent.longestInScript) else {
            return Action(
                uploads: [(upload, ShellScript.temporaryPath(for: path))],
                script: script(
                    opening: false, filling: ["exec 3<\"$new\"", arrived(content.sha256)]),
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
        prior: Prior? = nil, in stateDirectory: String = "", check: ShellScript? = nil
    ) -> ShellScript {
        let replacement = FileReplacement(
            path: path, content: .text(content), attributes: attributes, prior: prior,
            stateDirectory: stateDirectory)
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
        prior: Prior? = nil, in stateDirectory: String = "", by filter: ShellScript
    ) -> ShellScript {
        let replacement = FileReplacement(
            path: path, content: .unshown([]), attributes: FileAttributes(), prior: prior,
            stateDirectory: stateDirectory)
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
    static func linking(
        _ path: String, to target: String, prior: Prior, in stateDirectory: String
    ) -> ShellScript {
        let steps: [ShellScript] =
            [
                beginning(at: path), prior.basis.map { demanding($0, at: path) } ?? "",
                removingLeftover, "ln -sT -- \(target) \"$new\"", prior.keeping(path),
                "mv -fT -- \"$new\" \(path.shellPath)", "trap - EXIT",
                prior.forgetting(path, in: stateDirectory),
            ].filter { !$0.isEmpty }
        return "(\n\(steps.joined())\n)\n"
    }

    /// The new file is a content that the host has kept, if that is still what it was.
    func script(restoring kept: KeptContent) -> ShellScript {
        let differs = Self.demanding(
            kept.sha256, otherwise: "what was kept of it is damaged")
        return script(
            opening: true, filling: [Self.filling(by: kept.printing)], check: differs,
            placing: MountedFiles.contain(path) ? .renamedOrWritten : .renamed)
    }

    /// What lies there by the name of the upload is what was sent, and nothing else.
    private func arrived(_ sha256: String) -> ShellScript {
        Self.demanding(sha256, otherwise: "the new content is not what was sent")
    }

    private static func demanding(_ sha256: String, otherwise problem: String) -> ShellScript {
        """
        [ "$(sha256sum </proc/self/fd/3)" = '\(raw: sha256)  -' ] || {
        echo \(problem) >&2
        exit 1
        }
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
        if let basis = basis ?? prior?.basis { lines.append(Self.demanding(basis, at: path)) }
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
        if isSecretFile, !stateDirectory.isEmpty {
            lines.append(SecretRecord.noting(path, referenced, in: stateDirectory))
        }
        lines += ["sync /proc/self/fd/3", "exec 3>&-"]
        if let prior { lines.append(prior.keeping(path)) }
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
        if !isSecretFile, let prior {
            lines.append(prior.forgetting(path, in: stateDirectory))
        }
        return lines.filter { !$0.isEmpty }.joined() + "\n"
    }

    /// What the change leaves, as far as it is known: of a secret its name, never a digest.
    var left: PathState {
        var state = PathState.file(path, sha256: nil, attributes)
        if isSecretFile {
            state.secret = referenced.map { sha256Text($0.utf8) } ?? SecretRecord.unnamed
        } else {
            state.sha256 = content.sha256
        }
        return state
    }

    private var isSecretFile: Bool { content.isSecret || becomesSecret }

    /// The new content with markers for its credentials.
    private var referenced: String? {
        if case .text(let text) = content { text.referenced } else { nil }
    }

    /// Ends the script where the old file is not what it was.
    static func demanding(_ basis: Basis, at path: String) -> ShellScript {
        let old = path.shellPath
        return switch basis {
        case .missing:
            "if [ -e \(old) ] || [ -h \(old) ]; then exit \(FileFailure.stale); fi"
        case .sha256(let digest):
            "[ \"$(sha256sum <\(old))\" = '\(raw: digest)  -' ] || exit \(FileFailure.stale)"
        }
    }
}

/// Files that containers have mounted, which cannot be renamed over (Docker's `--hostname`).
enum MountedFiles {
    static func contain(_ path: String) -> Bool {
        ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"].contains(path)
    }
}
