import Hosts

/// One of the conditions that say whether a command has to run.
struct CommandProbe: Probe {
    enum Condition: Hashable, Sendable {
        /// Something is at the path, or at one that a pattern of the shell stands for.
        case exists(String)
        /// The text of the shell ends with status 0.
        case succeeds(String, in: CommandEnvironment)
        /// The file holds the text.
        case stamped(file: String, text: String)
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
            return "if (\n\(test)\n) >/dev/null 2>&1 </dev/null; then echo yes; else echo no; fi"
        }.joined()
    }

    static func answers(
        to questions: [CommandProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [CommandProbe: Bool] {
        let lines = output.split(separator: UInt8(ascii: "\n"))
        guard lines.count == questions.count else {
            throw ProbeError("a condition of a command could not be judged")
        }
        return Dictionary(
            zip(questions, lines.map { $0.elementsEqual("yes".utf8) }),
            uniquingKeysWith: { first, _ in first })
    }
}
