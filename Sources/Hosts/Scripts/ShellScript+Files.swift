public import Schema
internal import Vocabulary

/// What a file is to contain, on its way to a host.
public enum FileContent: Sendable {
    case text(SecretText)
    case bytes([UInt8])
    /// It was uploaded to ``ShellScript/temporaryPath(for:)`` before.
    case uploaded
    /// A script prints it. Its last command decides whether it succeeded: it runs as part of a
    /// chain, where `set -e` has no force.
    case output(of: ShellScript)
}

extension ShellScript {
    /// Writes exactly `content` to a file, whatever is in it.
    ///
    /// It travels in the script and is written by `printf`, which is built into dash, bash and
    /// busybox: it never is an argument of a process, where `ps` would show it.
    public static func writing(_ content: SecretText, to path: String) -> ShellScript {
        "\(printing(content)) >\(path)\n"
    }

    /// Writes exactly `content` to a file; in base64 unless it is text.
    public static func writing(_ content: [UInt8], to path: String) -> ShellScript {
        "\(printing(content)) >\(path)\n"
    }

    /// Where a file that is to replace `path` is made: in the same directory, under the same
    /// name for the same file, so that what a killed run left is found by the next one.
    public static func temporaryPath(for path: String) -> String {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = path[(slash.map { path.utf8.index(after: $0) } ?? path.startIndex)...]
        // A name has at most 255 bytes.
        let own = name.utf8.count <= 240 ? String(name) : name.utf8.fnv1a
        return path[..<name.startIndex] + ".finflow-" + own
    }

    /// Replaces a file, or makes it: in one step, so that nobody ever sees half of it, and on
    /// disk before it is seen.
    ///
    /// - Parameters:
    ///   - owner: and `group` and `mode`: without, those of the present file; a new one then
    ///     belongs to who runs the script and has mode 0644.
    ///   - validate: a command that must accept the new file, named `%s`, before it is put in
    ///     place: `visudo -cf %s`.
    public static func replacingFile(
        at path: String, with content: FileContent, owner: String? = nil, group: String? = nil,
        mode: String? = nil, validate: String? = nil
    ) -> ShellScript {
        let temporary = temporaryPath(for: path)
        var steps: [ShellScript] = []
        switch content {
        case .text(let text): steps = creating(temporary, by: printing(text))
        case .bytes(let bytes): steps = creating(temporary, by: printing(bytes))
        case .output(let script): steps = creating(temporary, by: "(\n\(script)\n)")
        case .uploaded: break
        }
        // In this order: a change of owner takes setuid away.
        steps += owning(temporary, like: path, owner: owner, group: group)
        if let mode {
            steps.append("chmod -- \(mode) \(temporary)")
        } else {
            steps.append(
                """
                { if [ -e \(path) ]; then chmod --reference=\(path) -- \(temporary)
                else chmod -- 0644 \(temporary); fi; }
                """)
        }
        if let validate { steps.append(validating(validate, temporary)) }
        steps += ["sync -d -- \(temporary)", "mv -fT -- \(temporary) \(path)"]
        return undoing(temporary, unless: steps)
    }

    /// Makes a new file that only its owner may read, on disk on return.
    static func newPrivateFile(at path: String, with content: [UInt8]) -> ShellScript {
        undoing(path, unless: creating(path, by: printing(content)) + ["sync -d -- \(path)"])
    }

    /// Makes a new file from the standard input and prints its size.
    static func receivingFile(at path: String) -> ShellScript {
        undoing(
            path, unless: creating(path, by: "cat") + ["sync -d -- \(path)", "wc -c <\(path)"])
    }
}

// MARK: Steps

extension ShellScript {
    private static func printing(_ content: SecretText) -> ShellScript {
        let isText = content.withExposed { !$0.utf8.contains(0) }
        if isText { return "printf %s \(content)" }
        let encoded = content.withExposed { Sensitive($0.utf8.base64) }
        return "printf %s \(encoded) | base64 -d"
    }

    private static func printing(_ content: [UInt8]) -> ShellScript {
        if !content.contains(0), let text = String(validating: content, as: UTF8.self) {
            return "printf %s \(text)"
        }
        return "printf %s \(content.base64) | base64 -d"
    }

    /// Not through a link, and not into a file, that somebody else has put there: `set -C`
    /// refuses what exists.
    private static func creating(_ path: String, by command: ShellScript) -> [ShellScript] {
        [
            "umask 077",
            "{ { [ ! -e \(path) ] && [ ! -h \(path) ]; } || rm -f -- \(path); }",
            "set -C",
            "{ \(command); } >\(path)",
            "set +C",
        ]
    }

    private static func owning(
        _ temporary: String, like path: String, owner: String?, group: String?
    ) -> [ShellScript] {
        var steps: [ShellScript] = []
        if owner == nil || group == nil {
            steps.append("{ [ ! -e \(path) ] || chown --reference=\(path) -- \(temporary); }")
        }
        switch (owner, group) {
        case (let owner?, let group?): steps.append("chown -- \("\(owner):\(group)") \(temporary)")
        case (let owner?, nil): steps.append("chown -- \(owner) \(temporary)")
        case (nil, let group?): steps.append("chgrp -- \(group) \(temporary)")
        case (nil, nil): break
        }
        return steps
    }

    /// What the command prints is for people.
    private static func validating(_ command: String, _ path: String) -> ShellScript {
        let parts = command.split(separator: "%s", omittingEmptySubsequences: false)
        let filled = parts.map { ShellScript(raw: String($0)) }.joined(separator: "\(path)")
        return "{ \(filled)\n} >&2"
    }

    /// All steps, one after the other in a subshell; when one fails, `path` goes. They are
    /// chained by `&&`, since `set -e` is not in force everywhere a script may be put.
    private static func undoing(_ path: String, unless steps: [ShellScript]) -> ShellScript {
        "(\n\(steps.joined(separator: " &&\n")) ||\n{ s=$?; rm -f -- \(path); exit $s; }\n)\n"
    }
}

extension Sequence<UInt8> {
    /// A short name for a long one: FNV-1a with 64 bits.
    fileprivate var fnv1a: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in self { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
