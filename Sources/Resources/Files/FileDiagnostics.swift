public import Vocabulary

extension Diagnostic.Code {
    public static let wrongKindOfPath = Self(
        "FF0601", "something else stands at the path", status: .failed,
        explanation: """
            A file never takes the place of a directory, nor a directory that of a file: what is \
            there may be all that is left of something. Move it away, or give the task another \
            path.
            """)
    public static let missingParent = Self(
        "FF0602", "the directory of a path does not exist", status: .failed,
        explanation: """
            Directories are made by `directory` tasks, which say who owns them, and not on the \
            way to a file. Add one; the order between the two is found by itself.
            """)
    public static let unreadablePath = Self(
        "FF0603", "a path that cannot be looked at", status: .failed,
        explanation: """
            The user whom the task runs as may not search a directory on the way to the path, or \
            may not read the file. `become: true` runs it as root.
            """)
    public static let missingFile = Self(
        "FF0604", "a file to be edited does not exist", status: .failed,
        explanation: """
            `line` and `block` edit a file that something else made. If its package is installed \
            by a task, let this one come `after` that; with `create: true` the file is made.
            """)
    public static let protectedDirectory = Self(
        "FF0605", "a directory that is never removed",
        explanation: """
            The root directory, its children and the directories that a system lives in are not \
            removed with all that is in them, whatever a playbook says.
            """)
    public static let uneditableFile = Self(
        "FF0606", "a file that cannot be edited by lines", status: .failed,
        explanation: """
            `line` and `block` edit texts of at most 1 MiB. Longer files and such with NUL bytes \
            are replaced as a whole, by `file` or `template`.
            """)
    public static let unusableArchive = Self(
        "FF0607", "an archive that is not unpacked",
        explanation: """
            An archive is refused as a whole when one of its entries would be written outside of \
            the destination or through a link, is a device or the like, or when it expands to \
            more than the task allows. The message names the entry.
            """)
    public static let brokenBlock = Self(
        "FF0608", "the markers of a block do not pair", status: .failed,
        explanation: """
            The file has the first or the last marker of the block without the other one, or \
            twice, or in the wrong order. Where the block begins and ends is then a guess, so \
            nothing is changed. Mend the markers by hand.
            """)
    public static let invalidPattern = Self(
        "FF0609", "a pattern that cannot be read",
        explanation: """
            Patterns are regular expressions in the syntax of Swift, which is PCRE's for all \
            that is common. They are tried on each line alone; `^` and `$` are its ends.
            """)
    public static let localFileProblem = Self(
        "FF0610", "a file of the role that cannot be used",
        explanation: "The controller cannot read the file, or it changed while the run went on.")
}

public enum FileDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .wrongKindOfPath, .missingParent, .unreadablePath, .missingFile, .protectedDirectory,
        .uneditableFile, .unusableArchive, .brokenBlock, .invalidPattern, .localFileProblem,
    ]
}
