public import Hosts

/// The content of a regular file, up to a bound: for what edits a file and for diffs.
public struct TextProbe: Probe {
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

    /// One field a question, in order: a mark, and behind `=` the content in base64.
    public static func script(for questions: [TextProbe]) -> ShellScript {
        let asked: [ShellScript] = questions.map { "text \($0.path) \($0.limit + 1)" }
        return """
            text() {
            if ! [ -e "$1" ]; then printf '%s\\0' -
            elif ! [ -f "$1" ]; then printf '%s\\0' '?'
            elif ! [ -r "$1" ]; then printf '%s\\0' !
            elif ! [ -s "$1" ]; then printf '%s\\0' =
            else printf =; head --bytes="$2" -- "$1" | base64 --wrap=0; printf '\\0'
            fi
            }
            \(asked.joined())

            """
    }

    public static func answers(
        to questions: [TextProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [TextProbe: Answer] {
        let fields = output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        guard fields.count == questions.count else {
            throw ProbeError("\(questions.count) texts were asked for, \(fields.count) came")
        }
        var result: [TextProbe: Answer] = [:]
        for (question, field) in zip(questions, fields) {
            result[question] = try answer(to: question, from: field)
        }
        return result
    }

    private static func answer(
        to question: TextProbe, from field: ArraySlice<UInt8>
    ) throws(ProbeError) -> Answer {
        switch field.first {
        case UInt8(ascii: "-"): return .missing
        case UInt8(ascii: "?"): return .notRegular
        case UInt8(ascii: "!"): return .unreadable
        case UInt8(ascii: "="):
            guard let content = Base64.decode(field.dropFirst()) else {
                throw ProbeError("`base64` printed what cannot be read")
            }
            return content.count > question.limit ? .tooLong : .content(content)
        default: throw ProbeError("the text of `\(question.path)` was not answered")
        }
    }
}
