import Hosts

/// The live value of a kernel setting; one `head` reads all of them. A shell's own `read` will
/// not do: it asks byte by byte, and the kernel answers only from the beginning of a number.
struct SysctlProbe: Probe {
    /// Below `/proc/sys`: `net/ipv4/ip_forward`.
    let path: String

    struct Answer: Hashable, Sendable {
        /// `nil`: the kernel has no such setting.
        var value: String?
        var isWritable: Bool
    }

    static func script(for questions: [SysctlProbe]) -> ShellScript {
        let paths = Set(questions.map { "/proc/sys/" + $0.path }).sorted()
        return """
            for key in \(paths); do
              [ ! -w "$key" ] || printf '%s\\0' "$key"
            done
            printf '\\0'
            head -v -n 1 -- \(paths) 2>/dev/null || :
            """
    }

    static func answers(
        to questions: [SysctlProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [SysctlProbe: Answer] {
        var fields = NulSeparated(output)
        var writable: Set<String> = []
        while case let key = try fields.next(), !key.isEmpty { writable.insert(key) }
        let values = values(in: String(decoding: fields.rest, as: UTF8.self))
        var answers: [SysctlProbe: Answer] = [:]
        for question in questions {
            let key = "/proc/sys/" + question.path
            answers[question] = Answer(value: values[key], isWritable: writable.contains(key))
        }
        return answers
    }

    /// `head -v` says which key each value is of: `==> PATH <==`.
    private static func values(in text: String) -> [String: String] {
        var values: [String: String] = [:]
        var key: String?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("==> "), line.hasSuffix(" <==") {
                key = String(line.dropFirst(4).dropLast(4))
            } else if let found = key {
                values[found] = String(line)
                key = nil
            }
        }
        return values
    }
}
