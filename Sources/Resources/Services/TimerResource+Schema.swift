public import Schema
import Vocabulary

extension TimerResource {
    public static let schema = Schema<TimerResource>(
        "timer",
        summary: "A command that systemd runs at its times.",
        details: """
            Makes a pair of units, NAME.service and NAME.timer; what the command says goes to \
            the journal, and `systemctl list-timers` shows when it runs. A time that passed while \
            the machine was off is made up for, unless `persistent` is false.
            """,
        fields: [
            .required(
                "name", \.name,
                UnitName.field.checked { name in
                    UnitName.hasSuffix(name) || name.contains("@")
                        ? "the name of a timer stands alone, without a suffix" : nil
                }, "The name of both units, without a suffix."),
            .optional(
                "schedule", \.schedule, .oneOrMore(.oneLine), default: "[]",
                "When: one or several expressions of systemd.time(7), as `daily` or "
                    + "`Mon..Fri 06:30`."),
            .optional("command", \.command, .text, default: "\"\"", "A text of the POSIX shell."),
            .optional("run_as", \.runsAs, AccountName.field, "The user that it runs as."),
            .optional("description", \.purpose, .oneLine, "What it is for."),
            .optional("cwd", \.directory, .pathInLine, "The directory in which it runs."),
            .optional(
                "randomized_delay", \.delay, .duration,
                "Puts each run off by up to this, so that not all hosts run it at once."),
            .optional(
                "persistent", \.persistent, .boolean, default: "true",
                "Makes up for a time at which the machine was off."),
            .optional("timeout", \.timeout, .duration, "It is ended after this time."),
            .optional(
                "user", \.user, .boolean, default: "false",
                "Units of the user that the task runs as, not of the machine."),
            .optional("state", \.state, .word(), default: "present", "`present` or `absent`."),
        ],
        example: """
            name: prune-images
            schedule: "Sun 03:00"
            command: docker image prune --force
            randomized_delay: 30 min
            """,
        check: { timer, place in
            var wrong: [Diagnostic] = []
            if timer.state == .present, timer.schedule.isEmpty || timer.command.isEmpty {
                wrong.append(
                    Diagnostic(.missingKey, "a timer needs `schedule` and `command`", at: place))
            }
            if timer.user, timer.runsAs != nil {
                wrong.append(
                    Diagnostic(
                        .conflictingKeys, "a timer of a user's own cannot `run_as` another",
                        at: place))
            }
            return wrong
        })
}
