/// The members of the records that `--json` prints, for the manual page. A program may rely on
/// them: names and meanings change only with the number of the version.
enum RecordFields {
    static let all: [(name: String, meaning: String)] = [
        (
            "format, version",
            "Of the first record: what the others are, and the number that changes when a member's meaning does."
        ),
        ("command, environment", "Of the first record of a run: what was asked for."),
        (
            "event",
            "run-started, batch-started, batch-halted, task-started, task-retrying, task-finished, stopping, run-finished, plan-written, done."
        ),
        ("tasks, hosts", "How many there are."),
        ("task, host, title", "The task's id, its host, and what it is about."),
        (
            "attempt, reason, in_seconds",
            "Which attempt begins, why the one before failed, and when it begins."
        ),
        (
            "status",
            "Of a task: unchanged, changed, skipped, failed, pruned, cancelled, notStarted. Of a host of exec: the command's status, a number."
        ),
        ("because", "Why a task was skipped, pruned or not started."),
        ("place", "FILE:LINE of what a task, variable or error is about."),
        ("started_seconds, finished_seconds", "Since the run began."),
        (
            "changes",
            "Each with kind (create, update, delete, run), what, before and after. A secret has neither."
        ),
        (
            "origin",
            "Of a task that plan or drift would change: foreign (somebody else changed it), intended (the playbooks ask for something else than was last applied), both, or new (never applied)."
        ),
        (
            "applied_by, not_before, changed_at",
            "The run that last applied the task; before when somebody's change was not made; when the file was last changed."
        ),
        (
            "checked, drifted",
            "Of a host, from drift: whether all of it was looked at, and how many tasks have drifted."
        ),
        ("errors", "Each with code, severity, message, place, subject, hint and help."),
        (
            "output, error",
            "What a host printed; of a failed task, output has both. What is no UTF-8 comes as output_base64, error_base64; output_omitted, error_omitted count the bytes that were left out of the middle."
        ),
        (
            "batch, of, names",
            "The number of a batch of hosts, how many there are, and its hosts (of batch-halted: those that failed)."
        ),
        ("now, running", "Whether a stop cuts, and how many tasks run."),
        ("seconds", "How long the run took; with the number of tasks of each status."),
        ("exit_status", "Of the last record: the status that finflowctl ends with."),
        (
            "name, address, user, port, transport, groups, jump, become",
            "Of a host, from inventory."
        ),
        (
            "name, value, layer",
            "Of a variable, from inventory --vars: its value as text and where it was set."
        ),
    ]
}
