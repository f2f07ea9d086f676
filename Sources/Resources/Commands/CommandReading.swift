import Hosts

/// What a command that only looks printed: run with all other questions of its host.
struct CommandReading: Probe {
    struct Answer: Hashable, Sendable {
        var status: Int
        var output: String
        var error: String

        /// `timeout` ended it.
        var isLate: Bool { status == 124 }
    }

    let words: ShellScript
    let environment: CommandEnvironment

    /// What it prints goes around the inner substitution, which holds what it says on standard
    /// error. The last line tells where the one ends and the other begins, so neither can
    /// disturb it.
    static func script(for questions: [CommandReading]) -> ShellScript {
        questions.map { question in
            """
            reading=$({
            error=$({
            (
            \(question.environment.running("timeout 60 \(question.words)"))
            ) 3>&-
            } 2>&1 >&3 </dev/null)
            status=$?
            LC_ALL=C
            printf '%s\\n%s %s' "$error" "${#error}" $status
            } 3>&1)
            printf '%s\\0' "$reading"
            unset reading
            """
        }.joined()
    }

    static func answers(
        to questions: [CommandReading], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [CommandReading: Answer] {
        let texts = output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        guard texts.count == questions.count else {
            throw ProbeError("what a command printed could not be read")
        }
        var result: [CommandReading: Answer] = [:]
        for (question, text) in zip(questions, texts) { result[question] = try answer(in: text) }
        return result
    }

    private static func answer(in text: ArraySlice<UInt8>) throws(ProbeError) -> Answer {
        guard let end = text.lastIndex(of: UInt8(ascii: "\n")) else {
            throw ProbeError("a command did not tell how it ended")
        }
        let numbers = text[(end + 1)...].split(separator: UInt8(ascii: " "))
            .compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 2, (0...(end - text.startIndex)).contains(numbers[0]) else {
            throw ProbeError("a command did not tell how it ended")
        }
        let parting = end - numbers[0]
        return Answer(
            status: numbers[1], output: String(decoding: text[..<parting], as: UTF8.self),
            error: String(decoding: text[parting..<end], as: UTF8.self))
    }
}
