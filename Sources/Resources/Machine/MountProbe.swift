import Hosts

/// The line of fstab for a directory, and what is mounted on it now.
struct MountProbe: Probe {
    let path: String

    struct Answer: Hashable, Sendable {
        /// The six fields of fstab(5), as they are written there.
        var entry: [String]?
        /// File system and source of what was mounted last.
        var mounted: Mounted?
    }

    struct Mounted: Hashable, Sendable {
        var type: String
        var source: String
    }

    static func script(for questions: [MountProbe]) -> ShellScript {
        """
        while IFS= read -r line || [ -n "$line" ]; do
          printf '%s\\n' "$line"
        done < /etc/fstab 2>/dev/null || :
        printf '\\0'
        cat /proc/self/mounts
        """
    }

    static func answers(
        to questions: [MountProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [MountProbe: Answer] {
        var sections = NulSeparated(output)
        let table = entries(in: try sections.next())
        let mounts = entries(in: String(decoding: sections.rest, as: UTF8.self))
        var answers: [MountProbe: Answer] = [:]
        for question in questions {
            let name = question.path.fstabEscaped
            let mounted = mounts.last { $0.count > 2 && $0[1] == name }
            answers[question] = Answer(
                entry: table.first { $0.count > 2 && $0[1] == name },
                mounted: mounted.map { Mounted(type: $0[2], source: $0[0]) })
        }
        return answers
    }

    private static func entries(in text: String) -> [[String]] {
        text.split(separator: "\n").filter { $0.trimmed.first != "#" }
            .map { line in line.split { $0 == " " || $0 == "\t" }.map(String.init) }
    }
}

extension String {
    /// As fstab(5) and `/proc/self/mounts` write a field: white space and backslashes in octal.
    var fstabEscaped: String {
        var escaped = ""
        for scalar in unicodeScalars {
            switch scalar {
            case " ": escaped += #"\040"#
            case "\t": escaped += #"\011"#
            case "\n": escaped += #"\012"#
            case "\\": escaped += #"\134"#
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
