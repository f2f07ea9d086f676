public import Vocabulary

extension Diagnostic.Code {
    public static let recordUnwritable = Self(
        "FF1301", "the record of a run cannot be written", status: .failed,
        explanation: """
            Each change is written to the environment's record before it is made, and what came of \
            it after. Where that cannot be done the change is not made. The record is a directory \
            (`state:` in environment.yaml, else $XDG_STATE_HOME/finflow/ENVIRONMENT, else \
            ~/.local/state/finflow/ENVIRONMENT), which must be writable and have room.
            """)
    public static let recordUnreadable = Self(
        "FF1302", "the record of runs cannot be read", status: .failed,
        explanation: """
            The directory that `state:` in environment.yaml names, or the default below \
            ~/.local/state/finflow, could not be read. The message says what the system said.
            """)
    public static let unknownRun = Self(
        "FF1303", "there is no such run",
        explanation: """
            A run is named by its id, by the beginning of it as far as it is unique, by the six \
            letters at its end, or `last`. `finflowctl history` lists the runs of an environment; \
            those that are older than what is kept are gone.
            """)
    public static let recordBroken = Self(
        "FF1304", "the record of a run is damaged", status: .failed,
        explanation: """
            Each piece of a record names the SHA-256 of the one before, and the first piece of a \
            run those of the runs before it. A piece that is missing, cannot be read or is not the \
            one that was named has been changed since it was written: by a failing disk, or by \
            somebody. `finflowctl history --verify` names each place. What the hosts themselves \
            remember of their runs (runs/ in their state directory) is written independently.
            """)
    public static let unsupportedStateStore = Self(
        "FF1305", "records cannot be kept there",
        explanation: """
            `state:` in environment.yaml names a bucket that cannot be one: its name, its region or \
            its endpoint is none, or the AWS profile that would say more cannot be read.
            """)
    public static let noStateHome = Self(
        "FF1306", "there is no place for records",
        explanation: """
            Neither XDG_STATE_HOME nor HOME is set to an absolute path, and the user has no home \
            directory. Set one of them, or `state:` in environment.yaml.
            """)
    public static let reportUnwritable = Self(
        "FF1307", "the report cannot be written", status: .failed,
        explanation: """
            `--report` names a file that is made, or replaced as a whole, when the run has ended. \
            Its directory must exist and be writable.
            """)
    public static let recordsUnpruned = Self(
        "FF1308", "old records cannot be removed", status: .failed,
        explanation: """
            The run itself is written down. Records that are older than what is kept go when a run \
            ends, which could not be done now; the next run tries again. Files of another user (of \
            root, after a run with sudo) are removed by that user only.
            """)
}

public enum RecordDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .recordUnwritable, .recordUnreadable, .unknownRun, .recordBroken, .unsupportedStateStore,
        .noStateHome, .reportUnwritable, .recordsUnpruned,
    ]
}
