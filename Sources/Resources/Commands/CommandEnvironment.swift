import Hosts
import Schema
import Vocabulary

/// Where and as whom a command runs.
struct CommandEnvironment: Hashable, Sendable {
    var user: String?
    var directory: String?
    /// Exported before anything runs: no variable is an argument that `ps` could show.
    var exports = ShellScript()

    init(user: String?, directory: String?, variables: [(key: String, value: SecretText)]) {
        self.user = user
        self.directory = directory
        exports = variables.map { name, value in
            let text = value.withExposed { Sensitive($0) }
            let word: ShellScript = value.isSensitive ? "\(text)" : "\(value.shown)"
            return "export \(raw: name)=\(word)"
        }.joined()
    }

    /// `words` as a command in this environment, to stand in a subshell of its own.
    func running(_ words: ShellScript) -> ShellScript {
        var lines: [ShellScript] = []
        if let directory { lines.append("cd -- \(directory) || exit 127") }
        if let user {
            lines.append(
                """
                HOME=$(getent passwd \(user) | cut -d: -f6) && [ -n "$HOME" ] || {
                  printf 'there is no user %s\\n' \(user) >&2
                  exit 127
                }
                export HOME USER=\(user) LOGNAME=\(user)
                """)
        }
        if !exports.isEmpty { lines.append(exports) }
        // runuser (util-linux) starts it with the user's groups and no password; someone who is
        // that user already needs none of it.
        let start: ShellScript =
            user.map { name in
                """
                if [ "$(id -un)" = \(name) ]; then set --; else set -- runuser -u \(name) --; fi
                exec "$@" \(words)
                """
            } ?? "exec \(words)"
        lines.append(start)
        return lines.joined()
    }
}
