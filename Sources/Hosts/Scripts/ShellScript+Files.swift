public import Schema
internal import Vocabulary

extension ShellScript {
    /// Prints exactly `content`, whatever is in it.
    ///
    /// It travels in the script and is printed by `printf`, which is built into dash, bash and
    /// busybox: it never is an argument of a process, where `ps` would show it.
    public static func printing(_ content: SecretText) -> ShellScript {
        if content.withExposed({ !$0.utf8.contains(0) }) { return "printf %s \(content)" }
        return printing(content.withExposed { Array($0.utf8) }, isSecret: content.isSensitive)
    }

    /// Prints exactly `content`; what a shell cannot hold as a word travels in base64.
    public static func printing(_ content: [UInt8], isSecret: Bool = false) -> ShellScript {
        func word(_ text: String) -> ShellScript {
            isSecret ? "\(Sensitive(text))" : "\(text)"
        }
        if !content.contains(0), let text = String(validating: content, as: UTF8.self) {
            return "printf %s \(word(text))"
        }
        // A pipe has the status of its last program alone, and to `base64` half of a text, or
        // nothing, is as good as all of it.
        return """
            { { sent=$( { { printf %s \(word(Base64.encode(content))) && echo all >&6; } | base64 -d >&5; } \
            6>&1) && [ "$sent" = all ]; } 5>&1; }
            """
    }

    /// Where what is to replace `path` is made: in the same directory, hidden, without an
    /// extension that a directory of configuration files would be read by, short enough for any
    /// file system, and under the same name for the same path, so that what a killed run left
    /// is found by the next one.
    public static func temporaryPath(for path: String) -> String {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let directory = path[..<(slash.map { path.utf8.index(after: $0) } ?? path.startIndex)]
        return directory + ".finflow-" + path.utf8[directory.endIndex...].fnv1a
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

    /// All steps, one after the other in a subshell; when one fails, `path` goes. They are
    /// chained by `&&`, since `set -e` is not in force everywhere a script may be put.
    private static func undoing(_ path: String, unless steps: [ShellScript]) -> ShellScript {
        "(\n\(steps.joined(separator: " &&\n")) ||\n{ s=$?; rm -f -- \(path); exit $s; }\n)\n"
    }
}

extension Sequence<UInt8> {
    /// FNV-1a with 64 bits: a short name for any.
    fileprivate var fnv1a: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in self { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
