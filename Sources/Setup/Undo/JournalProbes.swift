import Hosts
import Resources
import Vocabulary

/// Which runs a host remembers, by the first lines of their journals. A shell reads them without
/// starting a program.
struct RunsProbe: Probe {
    /// `/var/lib/finflow`
    let directory: String

    static func script(for questions: [RunsProbe]) -> ShellScript {
        questions.map { question in
            """
            for file in \(question.directory)/runs/*.ndjson; do
            [ -f "$file" ] && [ -r "$file" ] || continue
            line=
            read -r line <"$file" || :
            printf '%s\\0%s\\0' "${file##*/}" "$line"
            done
            printf '\\0'
            """
        }.joined()
    }

    static func answers(
        to questions: [RunsProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [RunsProbe: [RecordedRun.Header]] {
        let fields = output.split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        var rest = fields[...]
        var answers: [RunsProbe: [RecordedRun.Header]] = [:]
        for question in questions {
            var headers: [RecordedRun.Header] = []
            while let name = rest.popFirst(), !name.isEmpty, let line = rest.popFirst() {
                guard name.hasSuffix(".ndjson"), let run = RunID(String(name.dropLast(7))) else {
                    continue
                }
                headers.append(RecordedRun.Header(run, line: line))
            }
            answers[question] = headers
        }
        return answers
    }
}

/// The journal of one run, and the handlers that later ones have run.
struct JournalProbe: Probe {
    let directory: String
    let run: RunID

    static func script(for questions: [JournalProbe]) -> ShellScript {
        questions.map { question in
            let path = "\(question.directory)/runs/\(question.run).ndjson"
            // Names are times: what comes after it in the list came after it.
            return """
                [ ! -f \(path) ] || tr -d '\\0' <\(path)
                printf '\\0'
                later=
                for file in \(question.directory)/runs/*.ndjson; do
                [ -z "$later" ] || grep -F '"handler":true' "$file" | tr -d '\\0'
                [ "$file" != \(path) ] || later=true
                done
                printf '\\0'

                """
        }.joined()
    }

    static func answers(
        to questions: [JournalProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [JournalProbe: RecordedRun] {
        let parts = output.split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == 2 * questions.count + 1 else {
            throw ProbeError("the journals of its runs cannot be read")
        }
        var answers: [JournalProbe: RecordedRun] = [:]
        for (number, question) in questions.enumerated() {
            answers[question] = RecordedRun(
                question.run, text: String(decoding: parts[2 * number], as: UTF8.self),
                later: String(decoding: parts[2 * number + 1], as: UTF8.self))
        }
        return answers
    }
}
