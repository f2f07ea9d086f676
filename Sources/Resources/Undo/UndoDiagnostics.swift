public import Vocabulary

extension Diagnostic.Code {
    public static let unreadableUndo = Self(
        "FF0670", "a record of a change that cannot be read", status: .failed,
        explanation: """
            What a host remembers of a change is not what this finflowctl writes: the file was \
            edited or cut off, or a newer finflowctl wrote it. That change is left alone; all \
            others can still be put back.
            """)
    public static let notKept = Self(
        "FF0671", "what was there before cannot be put back", status: .failed,
        explanation: """
            Prior contents are kept on the host, below its state directory. Not kept are secrets, \
            which only their names and versions stand for, devices and the like, what was in a \
            directory that was removed, and what a task without root replaced where only root may \
            write to the state directory. The message says which it was.
            """)
    public static let inTheWay = Self(
        "FF0672", "something new stands in the way of what was there before", status: .failed,
        explanation: """
            A directory that a run made is removed by its undo only while it is empty: what has \
            come into it since is somebody's. Look at it, and remove it by hand if it may go.
            """)
}

public enum UndoDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [.unreadableUndo, .notKept, .inTheWay]
}
