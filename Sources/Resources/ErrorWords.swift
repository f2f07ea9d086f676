/// What the C library calls an error, in the words of an operator. Scripts run with `LC_ALL=C`.
enum ErrorWords {
    private static let known: [(text: String, meaning: String)] = [
        ("No space left on device", "the file system is full"),
        ("Disk quota exceeded", "the disk quota is used up"),
        ("Read-only file system", "the file system is read-only"),
        ("Operation not permitted", "the operation is not permitted (is it immutable?)"),
        ("Permission denied", "permission denied"),
        ("invalid user", "there is no such user"),
        ("invalid group", "there is no such group"),
        ("Directory not empty", "the directory is not empty"),
        ("cannot overwrite directory", "a directory stands there"),
        ("Is a directory", "a directory stands there"),
        ("Not a directory", "something on the way is not a directory"),
        ("Device or resource busy", "something is mounted there"),
        ("target is busy", "something uses what is mounted there"),
        ("Directory nonexistent", "its directory does not exist"),
        ("No such file or directory", "a file or directory on the way does not exist"),
        ("File exists", "something else stands there"),
    ]

    /// `nil` where nothing that is known was said.
    static func reason(in output: String) -> String? {
        known.first { output.contains($0.text) }?.meaning
    }
}
