import Hosts

/// The live value of a kernel setting. It costs no process.
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
              value=
              state=missing
              if [ -r "$key" ]; then
                [ -w "$key" ] && state=writable || state=readable
                IFS= read -r value < "$key" || :
              fi
              printf '%s\\0%s\\0%s\\0' "$key" $state "$value"
            done 2>/dev/null
            """
    }

    static func answers(
        to questions: [SysctlProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [SysctlProbe: Answer] {
        var fields = NulSeparated(output)
        var found: [String: Answer] = [:]
        while !fields.isEmpty {
            let key = try fields.next()
            let state = try fields.next()
            let value = try fields.next()
            found[key] = Answer(
                value: state == "missing" ? nil : value, isWritable: state == "writable")
        }
        var answers: [SysctlProbe: Answer] = [:]
        for question in questions { answers[question] = found["/proc/sys/" + question.path] }
        return answers
    }
}
