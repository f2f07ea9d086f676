import Hosts

/// Whether a directory has anything in it; a shell finds that out without starting a program.
struct DirectoryProbe: Probe {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    enum Answer: Hashable, Sendable {
        case empty, used
        /// Something else, or nothing, stands there.
        case none
    }

    static func script(for questions: [DirectoryProbe]) -> ShellScript {
        let paths = questions.map(\.path.shellPath).joined(separator: " ")
        return """
            for path in \(paths); do
            if ! [ -d "$path" ] || [ -h "$path" ]; then printf %s -
            else
            found=e
            for name in "$path"/* "$path"/.[!.]* "$path"/..?*; do
            ! { [ -e "$name" ] || [ -h "$name" ]; } || { found=u; break; }
            done
            printf %s $found
            fi
            done
            """
    }

    static func answers(
        to questions: [DirectoryProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [DirectoryProbe: Answer] {
        guard output.count == questions.count else {
            throw ProbeError("\(questions.count) directories were asked for, \(output.count) came")
        }
        var answers: [DirectoryProbe: Answer] = [:]
        for (question, mark) in zip(questions, output) {
            answers[question] =
                mark == UInt8(ascii: "e") ? .empty : mark == UInt8(ascii: "u") ? .used : Answer.none
        }
        return answers
    }
}
