import Hosts
import Schema
import Vocabulary

/// What a host remembers of a file that holds a secret: the text with the names and versions of
/// its credentials in place of their values, and how to tell whether the file still is the one
/// that finflowctl wrote. Neither the secret nor a digest of it is kept.
struct SecretRecord: Hashable, Sendable {
    var path: String
    /// The SHA-256 of the text with markers, which is kept under it; `nil` for a secret without
    /// a name.
    var referenced: String?
    var inode: Int
    var size: Int
    /// Of its last change, as `stat` prints it, in seconds with nine decimals.
    var modified: String

    /// In place of a digest, for a secret without a name.
    static let unnamed = "-"

    /// What stands for the content in a ``PathState``.
    var name: String { referenced ?? Self.unnamed }

    /// Whether what stands there is the file that the record is of.
    func describes(_ status: PathStatus) -> Bool {
        status.kind == .file && inode == status.inode && size == status.size
            && modified == status.modified.decimal
    }

    static func folder(in directory: String) -> String { directory.appendingPath("secret") }

    static func file(of path: String, in directory: String) -> String {
        folder(in: directory).appendingPath("\(sha256Text(path.utf8).prefix(32)).json")
    }

    /// Notes that the new file, which is descriptor 3, holds a secret, before it is put in place
    /// at `path`. To be run under `set -e`.
    ///
    /// - Parameter referenced: the text with markers, where there is one.
    static func noting(
        _ path: String, _ referenced: String?, in directory: String
    ) -> ShellScript {
        let folder = folder(in: directory)
        let file = file(of: path, in: directory)
        let digest = referenced.map { sha256Text($0.utf8) }
        let start = JSON.object([
            .init("path", .string(path)), .init("referenced", digest.map(JSON.string) ?? .null),
        ]).line.dropLast()
        var lines: [ShellScript] = [
            "[ -d \(folder) ] || mkdir -p -m 0700 -- \(folder)"
        ]
        if let referenced, let digest {
            let kept = KeptContent(sha256: digest, in: directory)
            let prior = KeptContent.folder(in: directory)
            lines.append(
                """
                if ! [ -e \(kept.path) ]; then
                [ -d \(prior) ] || mkdir -p -m 0700 -- \(prior)
                (umask 077; \(ShellScript.printing(SecretText(referenced))) >\(kept.path + ".new"))
                sync -d -- \(kept.path + ".new")
                mv -f -- \(kept.path + ".new") \(kept.path)
                fi
                """)
        }
        lines.append(
            """
            set -- $(stat -L -c '%i %s %.9Y' /proc/self/fd/3)
            (umask 077; printf '%s,"inode":%s,"size":%s,"modified":"%s"}\\n' \(String(start)) \
            "$1" "$2" "$3" >\(file + ".new"))
            mv -f -- \(file + ".new") \(file)
            """)
        return "if [ -w \(directory) ]; then\n\(lines.joined())\nfi"
    }

    /// The file holds no secret any more. After it was put in place.
    static func forgetting(_ path: String, in directory: String) -> ShellScript {
        "rm -f -- \(file(of: path, in: directory))"
    }

    fileprivate init?(parsing line: Substring) {
        guard let json = try? JSON(parsing: String(line)), let path = json["path"]?.string,
            let inode = json["inode"]?.int, let size = json["size"]?.int,
            let modified = json["modified"]?.string
        else { return nil }
        self.path = path
        referenced = json["referenced"]?.string
        self.inode = inode
        self.size = size
        self.modified = modified
    }
}

/// Whether a host remembers that a file holds a secret. A shell reads such a record without
/// starting a program.
struct SecretRecordProbe: Probe {
    let path: String
    let stateDirectory: String

    enum Answer: Hashable, Sendable {
        case none
        case record(SecretRecord)
        /// There is one, and nothing more is known.
        case garbled
    }

    static func script(for questions: [SecretRecordProbe]) -> ShellScript {
        let files = questions.map { SecretRecord.file(of: $0.path, in: $0.stateDirectory) }
        return """
            for file in \(files); do
            line=
            [ ! -e "$file" ] || { read -r line <"$file" || :; line="=$line"; } 2>/dev/null
            printf '%s\\0' "$line"
            done
            """
    }

    static func answers(
        to questions: [SecretRecordProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [SecretRecordProbe: Answer] {
        var fields = NulSeparated(output)
        var answers: [SecretRecordProbe: Answer] = [:]
        for question in questions {
            let line = try fields.next()
            if line.isEmpty {
                answers[question] = Answer.none
            } else if let record = SecretRecord(parsing: line.dropFirst()),
                record.path == question.path
            {
                answers[question] = .record(record)
            } else {
                answers[question] = .garbled
            }
        }
        return answers
    }
}

extension Duration {
    /// Seconds with nine decimals, as `stat` prints times.
    fileprivate var decimal: String {
        let nanoseconds = String(components.attoseconds / 1_000_000_000)
        return "\(components.seconds)."
            + String(repeating: "0", count: max(0, 9 - nanoseconds.utf8.count)) + nanoseconds
    }
}
