public import Vocabulary

extension Diagnostic.Code {
    public static let unknownRun = Self(
        "FF0840", "a run that no host remembers",
        explanation: """
            Each host remembers the last fifty runs that changed it, in the directory `runs` of its \
            state directory. `undo` takes the name of one, its beginning where that is enough to \
            tell it from others, or `last`. A run that changed nothing leaves nothing to undo.
            """)
    public static let changedSince = Self(
        "FF0841", "something was changed again since", status: .partlyFailed,
        explanation: """
            A change is put back only where the host still is as the run left it. What somebody or \
            a later run has changed since is named with what is there now, and left alone. Undo \
            the later run first, or mend it by hand.
            """)
    public static let lastRunUnclear = Self(
        "FF0842", "the last run cannot be told while hosts are silent", status: .unreachable,
        explanation: """
            `undo last` means the last run that changed any of the hosts. A host that does not answer \
            may be the only one that the last run changed, and then the one before it would be \
            undone. Name the run, or leave the silent hosts out with `--limit`.
            """)
}

public enum UndoRunDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [.unknownRun, .changedSince, .lastRunUnclear]
}
