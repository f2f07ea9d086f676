public import Hosts

/// The content of a regular file, up to a bound: for what edits a file and for diffs. All of them
/// are read with one process.
public struct TextProbe: Probe {
    /// `~/` at its start is the home of whoever asks.
    public var path: String
    /// Of a longer file no more is answered than that it is longer.
    public var limit: Int

    public init(_ path: String, limit: Int = 1 << 20) {
        self.path = path
        self.limit = limit
    }

    public enum Answer: Hashable, Sendable {
        case missing
        /// Something else stands there (a link is followed).
        case notRegular
        case unreadable
        case tooLong
        case content([UInt8])
    }

    /// First a mark for each path, and then `head` says of each file that can be read which one
    /// it is: ``HeadedContents``.
    public static func script(for questions: [TextProbe]) -> ShellScript {
        let limit = (questions.map(\.limit).max() ?? 0) + 1
        let portions: [ShellScript] = questions.map(\.path).inCommandLines.map { paths in
            """
            set -- \(paths.map(\.shellPath).joined(separator: " "))
            for path do
            shift
            if ! [ -e "$path" ]; then printf %s -
            elif ! [ -f "$path" ]; then printf %s '?'
            elif ! [ -r "$path" ]; then printf %s !
            else printf %s =; set -- "$@" "$way$path"
            fi
            done
            printf '\\0\\n'
            [ $# = 0 ] || head -v -c \(limit) -- "$@" 2>/dev/null || :
            printf '\\n==> %s <==\\n' "$way"

            """
        }
        return """
            way=\(HeadedContents.randomWay())
            printf '%s\\0%s\\0' "$way" "${HOME:-/}"
            \(portions.joined(separator: ""))
            """
    }

    public static func answers(
        to questions: [TextProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [TextProbe: Answer] {
        var rest = NulSeparated(output)
        let way = try rest.next()
        let home = try rest.next()
        var result: [TextProbe: Answer] = [:]
        var remaining = questions[...]
        for portion in questions.map(\.path).inCommandLines {
            let asked = remaining.prefix(portion.count)
            remaining = remaining.dropFirst(portion.count)
            let marks = Array(try rest.next().utf8)
            guard marks.count == asked.count else {
                throw ProbeError("\(asked.count) texts were asked for, \(marks.count) came")
            }
            let contents = try HeadedContents(readingFrom: &rest, way: way)
            for (question, mark) in zip(asked, marks) {
                result[question] = answer(to: question, mark, contents, home: home)
            }
        }
        return result
    }

    private static func answer(
        to question: TextProbe, _ mark: UInt8, _ contents: HeadedContents, home: String
    ) -> Answer {
        switch mark {
        case UInt8(ascii: "-"): return .missing
        case UInt8(ascii: "?"): return .notRegular
        case UInt8(ascii: "!"): return .unreadable
        default:
            // What is gone since its mark was made has no content.
            guard let content = contents[question.path.below(home: home)] else { return .missing }
            return content.count > question.limit ? .tooLong : .content(Array(content))
        }
    }
}
