public import Vocabulary

extension Diagnostic.Code {
    public static let taskFailed = Self(
        "FF0801", "a task failed on a host", status: .failed,
        explanation: """
            The script that makes a task's change ended with an error; what it printed stands \
            below the message. Nothing that depends on the task was started, everything else was. \
            Mend the cause and run the same command again: what is already done is not done twice.
            """)
    public static let cannotObserve = Self(
        "FF0802", "the present state of a host could not be read", status: .failed,
        explanation: """
            A host answered a question about its state in a way that cannot be understood. \
            Usually a program that the question needs is missing there, or is another one than \
            Debian's. Nothing was changed for that task.
            """)
    public static let taskTimedOut = Self(
        "FF0803", "a task took longer than it may", status: .failed,
        explanation: """
            The script of the task was ended on the host. Give the task a longer `timeout:` if it \
            needs one. Running again finishes it.
            """)
    public static let hostLocked = Self(
        "FF0804", "another run is changing the host", status: .locked,
        explanation: """
            One run at a time changes a host. The message says which one does, by whom, from where \
            and since when. Its lock ends with it, or when it has given no sign of life for as long \
            as the lock is good for (60 s, `--lock-expiry`). `--lock-wait SECONDS` waits for it. \
            `finflowctl unlock` takes the lock away from a run that you know to be gone, and \
            records why.
            """)
    public static let lockLost = Self(
        "FF0805", "the host was taken over by another run", status: .locked,
        explanation: """
            The run was suspended or cut off for longer than its lock is good for, and another run \
            took the host over, or somebody unlocked it. From then on nothing of this run is done \
            there. What it had done before is found as it is by the next run.
            """)
    public static let hostBusy = Self(
        "FF0806", "scripts of another run are still under way on the host", status: .locked,
        explanation: """
            A run that was killed or has lost its connection may have left a script running, such \
            as an installation. It is waited for; what does not end is ended when the lock is \
            taken over. Run the command again.
            """)
}

public enum SetupDiagnostics {
    public static let catalogue: [Diagnostic.Code] =
        [
            .taskFailed, .cannotObserve, .taskTimedOut, .hostLocked, .lockLost, .hostBusy,
            .damagedState,
        ] + NetworkRevert.codes + UndoRunDiagnostics.catalogue
}

/// Why a task of a host failed: what the operator is told, and what the host printed.
public struct TaskProblem: Error, Sendable {
    public var diagnostics: Diagnostics
    /// What the script printed, as it came.
    public var output: String
    /// Whether the host could not be reached at all.
    public var isUnreachable: Bool

    public init(_ diagnostics: Diagnostics, output: String = "", isUnreachable: Bool = false) {
        self.diagnostics = diagnostics
        self.output = output
        self.isUnreachable = isUnreachable
    }

    public init(_ diagnostic: Diagnostic, output: String = "", isUnreachable: Bool = false) {
        self.init(Diagnostics([diagnostic]), output: output, isUnreachable: isUnreachable)
    }
}
