public import Schema
import Vocabulary

extension CommandResource {
    public static let schema = Schema<CommandResource>(
        "command",
        summary: "A command, run when its guards say that it has to.",
        details: """
            Each guard that is given must let it run. `unless` and `only_if` are run on each \
            observation, so they must change nothing; they share the command's directory, user \
            and environment. `stamp` is a text of your choice: the command runs once for each \
            value of it, and the host remembers the last. \

            `read: true` is for a command that only looks: it is run with all other questions of \
            the host, in plans too, so it must change nothing and end within a minute. It is no \
            change, and its outputs are always there. In a plan they are known only later when \
            something before it would change first.

            Outputs: `ran`, and when it did run `stdout`, `stderr` and `status`. They are secrets \
            if the command was given one, or with `sensitive: true`: then nothing shows them, not \
            even an error, and whatever is made of them is a secret too. A command whose guards let it be has printed nothing: \
            to use its `stdout` then is an error, unless a value is said for that case, where it \
            is declared (`outputs: { token: stdout | default("") }`) or where it is used \
            (`{{ tasks.join.token | default("") }}`), or the task that uses it is only done \
            `when: tasks.join.token is defined`.
            """,
        fields: [
            .optional(
                "run", \.run, .text,
                "A text of the POSIX shell. Of several lines plans show the first, as `# migrate`."),
            .optional("argv", \.argv, .list(of: .textOrNumber), "A program and its arguments."),
            .optional("creates", \.creates, .absolutePath, "Does not run when this path exists."),
            .optional("removes", \.removes, .absolutePath, "Runs only when this path exists."),
            .optional("unless", \.unless, .text, "Does not run when this command succeeds."),
            .optional("only_if", \.onlyIf, .text, "Runs only when this command succeeds."),
            .optional("stamp", \.stamp, .textOrNumber, "Runs once for each value."),
            .optional("always", \.always, .boolean, default: "false", "Runs each time."),
            .optional(
                "read", \.isReading, .boolean, default: "false",
                "Only looks, and changes nothing: run in each observation, for its outputs."),
            .optional(
                "sensitive", \.isSecret, .boolean, default: "false",
                "What it prints is a secret."),
            .optional("cwd", \.directory, .absolutePath, "The directory in which it runs."),
            .optional("user", \.user, AccountName.field, "The user that it runs as."),
            .optional(
                "env", \.variables, .mapping(to: .secretText), default: "{}",
                "Variables of its environment; they may be secrets."),
            .optional("stdin", \.input, .secretText, "Its standard input; may be a secret."),
            .optional(
                "timeout", \.timeout, .duration, default: "10 min", "It is ended after this time."),
        ],
        example: """
            run: bin/migrate --all
            cwd: /opt/payments
            user: payments
            stamp: release 4.2.0
            """,
        check: { command, place in problems(of: command, at: place) })

    private static func problems(of command: CommandResource, at place: SourcePlace) -> [Diagnostic]
    {
        var wrong: [Diagnostic] = []
        if (command.run == nil) == (command.argv == nil) {
            wrong.append(
                Diagnostic(
                    .conflictingKeys, "a command needs either `run` or `argv`", at: place))
        }
        if command.argv?.isEmpty == true {
            wrong.append(Diagnostic(.invalidValue, "`argv` names no program", at: place))
        }
        let guards: [String?] = [
            command.creates, command.removes, command.unless, command.onlyIf, command.stamp,
        ]
        let isGuarded = guards.contains { $0 != nil }
        if !isGuarded, !command.always, !command.isReading {
            wrong.append(
                Diagnostic(
                    .unguardedCommand, "the command does not say when it has to run", at: place,
                    help: """
                        Add `creates`, `removes`, `unless`, `only_if` or `stamp`; \
                        `always: true` if it is to run each time; or `read: true` if it only \
                        looks.
                        """))
        }
        if isGuarded, command.always {
            wrong.append(
                Diagnostic(
                    .conflictingKeys, "`always` and a guard exclude each other", at: place))
        }
        if command.isReading, isGuarded || command.always || command.input != nil {
            wrong.append(
                Diagnostic(
                    .conflictingKeys,
                    "what is only read is read each time: no guard, no `always`, no `stdin`",
                    at: place))
        }
        for (name, _) in command.variables where !name.isVariableName {
            wrong.append(
                Diagnostic(
                    .invalidValue, "`\(name.visible)` is not the name of a variable", at: place))
        }
        return wrong
    }
}

extension String {
    /// Whether shells and cron take it for the name of a variable.
    var isVariableName: Bool {
        guard let first = utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { return false }
        return utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
