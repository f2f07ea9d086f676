import Hosts

/// A user's authorized keys, and the modes of what they lie in.
struct AuthorizedKeysProbe: Probe {
    let user: String

    struct Answer: Hashable, Sendable {
        /// `nil`: there is no such user.
        var home: String?
        /// `nil` where it is missing; `mode owner`, in the words of `stat`.
        var directory: String?
        var file: String?
        var lines: [String]
    }

    static func script(for questions: [AuthorizedKeysProbe]) -> ShellScript {
        """
        getent passwd \(Set(questions.map(\.user)).sorted()) |
        while IFS=: read -r name secret uid gid comment home shell; do
          printf '%s\\0%s\\0' "$name" "$home"
          for path in "$home/.ssh" "$home/.ssh/authorized_keys"; do
            printf '%s\\0' "$(stat -c '%a %U' -- "$path" 2>/dev/null)"
          done
          # A pipe that the user has put there would hold up all questions.
          [ ! -f "$home/.ssh/authorized_keys" ] || cat -- "$home/.ssh/authorized_keys" 2>/dev/null
          printf '\\0'
        done
        """
    }

    static func answers(
        to questions: [AuthorizedKeysProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [AuthorizedKeysProbe: Answer] {
        var fields = NulSeparated(output)
        var answers: [AuthorizedKeysProbe: Answer] = [:]
        for question in questions { answers[question] = Answer(lines: []) }
        while !fields.isEmpty {
            let user = try fields.next()
            let home = try fields.next()
            let directory = try fields.next()
            let file = try fields.next()
            let text = try fields.next()
            answers[AuthorizedKeysProbe(user: user)] = Answer(
                home: home, directory: directory.isEmpty ? nil : directory,
                file: file.isEmpty ? nil : file,
                lines: text.textLines)
        }
        return answers
    }
}
