import Hosts

/// One of the conditions that say whether a command has to run.
struct CommandProbe: Probe {
    enum Condition: Hashable, Sendable {
        /// Something is at the path.
        case exists(String)
        /// The text of the shell ends with status 0.
        case succeeds(String, in: CommandEnvironment)
        /// The file holds the text.
        case stamped(file: String, text: String)
    }

    enum Answer: String, Hashable, Sendable {
        case yes, no
        /// It took too long to tell.
        case late
    }

    let condition: Condition

    init(_ condition: Condition) {
        self.condition = condition
    }

    static func script(for questions: [CommandProbe]) -> ShellScript {
        questions.map { question in
            let test: ShellScript =
                switch question.condition {
                case .exists(let path): "[ -e \(path) ] || [ -L \(path) ]"
                // A guard that hangs must not hold up what everybody else asks of the host.
                case .succeeds(let text, let environment):
                    environment.running("timeout 60 /bin/sh -c \(text)")
                case .stamped(let file, let text):
                    """
                    { read -r stamp < \(file); } \
                    2>/dev/null && [ "$stamp" = \(text) ]
                    """
                }
            return """
                if (
                \(test)
                ) >/dev/null 2>&1 </dev/null
                then echo yes; else case $? in 124) echo late ;; *) echo no ;; esac; fi
                """
        }.joined()
    }

    static func answers(
        to questions: [CommandProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [CommandProbe: Answer] {
        let lines = output.split(separator: UInt8(ascii: "\n"))
            .compactMap { Answer(rawValue: String(decoding: $0, as: UTF8.self)) }
        guard lines.count == questions.count else {
            throw ProbeError("a condition of a command could not be judged")
        }
        return Dictionary(
            zip(questions, lines),
            uniquingKeysWith: { first, _ in first })
    }
}
