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
            "Each with kind (create, update, delete, run), what, before and after; of a secret, the names and versions of its credentials."
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
        (
            "run, put_back, already, conflicts, impossible",
            "Of the last record of undo: the run, how many changes were put back and how many were as before, what was left alone and what is there now, what cannot be put back and because of what."
        ),
        (
            "exit_status",
            "Of the last record, done: the status that finflowctl ends with. It comes always, with errors where the run did not begin."
        ),
        (
            "warnings",
            "As errors, of a task that observes a host: what was found damaged of what the host remembers, and where it was set aside."
        ),
        (
            "run, at, user, from, pid, command, environment, finflowctl, revision, plan, commit, outcome, counts, damaged",
            "Of a run, from history: its id, when and by whom it was begun and on which machine, the words of the command, finflowctl's version, the digest of the playbooks, the plan that was applied (path and sha256), the playbooks' commit, what came of it, how many tasks ended in each way, and whether a part of the record cannot be read."
        ),
        (
            "started, seconds, output, head, omitted, tail",
            "Of a task, from history: when it began, since the run did, how long it took, and what the host printed, of a long text the beginning, the number of bytes left out, and the end."
        ),
        (
            "diff, diff_omitted, sha256, size",
            "Of a change, from history: the lines of the difference and how many are left out, and of a large text its digest and size."
        ),
        (
            "message, pieces, runs",
            "Of history --verify: what is wrong at a place, and how much was checked."
        ),
        (
            "name, address, user, port, transport, groups, jump, become",
            "Of a host, from inventory."
        ),
        (
            "name, version, changed, by, serial, environment",
            "Of a credential, from secrets list: the number of its value, when that changed and who changed it; of the first record, the number of the file's writes."
        ),
        ("recipient", "A public key, from secrets recipients."),
        (
            "snapshot, began, ended, level, databases, sets, objects, plain_bytes, stored_bytes, sha256",
            "Of a snapshot, from backup create, list and show: its id, when it was made, how far it has been proven (stored, readable, restored, or null), what it holds, how many objects there are, their bytes before compression and as they are stored, and its manifest's digest; of an object, from backup show: its bytes and digest."
        ),
        (
            "database, schema, table, rows, checksum, lsn, time, server",
            "Of a database and its tables, from backup create and show: how many rows were dumped, their checksum in any order, and the log position, the moment and the version of the server."
        ),
        (
            "object, content, set, phase, bytes, message",
            "Of the events of backup create and verify (snapshot-started, database, planned, table, set, object, proving, proved, warning): the object and what is in it, the set of files, what is done with the database, how many bytes, the warning."
        ),
        (
            "check, passed, problems",
            "Of a check of a snapshot, from backup show: its level, whether it passed, and what was wrong."
        ),
        (
            "finding, snapshots, read, findings",
            "From backup verify: what is wrong, of which snapshot and object; of the last record, how many snapshots and objects there are, how many were read, and how many findings."
        ),
        ("signing_key", "The public key that manifests are signed with, from backup key."),
        (
            "restored, target, previous, tables, omitted, seconds",
            "From backup restore: which database or table is back, under which name, what the one that it replaced is called now, how many tables and rows it has, what of a table was left out, how long it took."
        ),
        (
            "problem, reconciliation, alike, seconds_to_recover",
            "From backup drill: what is wrong, each query across databases and whether both sides answered alike, and the time to recover; a problem also from backup check."
        ),
        (
            "kept, reasons, orphan, removed, retained",
            "From backup prune: whether a snapshot stays and why, an object that belongs to none, how many snapshots went, how many objects the store keeps."
        ),
        (
            "state, age_seconds, readable, recovery_point_seconds",
            "Of a database, from backup check: good, doubtful or bad, the age of its newest snapshot, the moment of the newest that was read to its end, and what would have been lost at the worst moment."
        ),
        (
            "copied, found",
            "From backup copy: which snapshot, and how many of its objects were there from an earlier run."
        ),
        (
            "name, value, layer",
            "Of a variable, from inventory --vars: its value as text and where it was set."
        ),
    ]
}
