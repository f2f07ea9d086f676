import Hosts
import Resources

/// What a host says of guarded changes before anything is done to it: part of the round trip
/// that asks it everything.
struct NetworkProbe: Probe {
    /// `/var/lib/finflow/network`
    var directory: String

    struct Answer: Hashable, Sendable {
        /// A change that an earlier run did not confirm may be put back at any moment.
        var isArmed = false
        /// The last change that was put back, if none has succeeded since.
        var last: NetworkRevert.Record?
    }

    static func script(for questions: [NetworkProbe]) -> ShellScript {
        questions.map { question in
            """
            printf 'in %s\\n' \(question.directory)
            if cd -- \(question.directory) 2>/dev/null; then
              for left in armed-* reverting-*; do [ ! -d "$left" ] || echo armed; done
              [ ! -f last.json ] || cat last.json
              cd /
            fi
            """
        }.joined()
    }

    static func answers(
        to questions: [NetworkProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [NetworkProbe: Answer] {
        var result: [NetworkProbe: Answer] = [:]
        var current: NetworkProbe?
        for line in output.split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: "in ".utf8) {
                let question = NetworkProbe(
                    directory: String(decoding: line.dropFirst(3), as: UTF8.self))
                current = question
                result[question] = Answer()
            } else if let current {
                if line.elementsEqual("armed".utf8) {
                    result[current]?.isArmed = true
                } else {
                    result[current]?.last = NetworkRevert.Record(line)
                }
            }
        }
        return result
    }
}
