import Hosts
import Vocabulary

/// A content that was on a host before, kept below its state directory under its SHA-256.
struct KeptContent: Hashable, Sendable {
    var sha256: String
    /// `/var/lib/finflow`
    var directory: String
    /// The file has other names: what is written through one of them would change what is kept.
    var isShared: Bool

    init(sha256: String, in directory: String, isShared: Bool = false) {
        self.sha256 = sha256
        self.directory = directory
        self.isShared = isShared
    }

    /// A longer content is not kept, and `undo` says so: fifty runs of it would fill the disk.
    static let longest = ByteCount(256 << 20)

    static func folder(in directory: String) -> String { directory.appendingPath("prior") }

    var path: String { Self.folder(in: directory).appendingPath(sha256) }

    /// Keeps the file at `path`, which was found to have this digest: by another name for it
    /// where that works, since finflowctl replaces files and never writes into them, else by a
    /// copy. To be run under `set -e`, before the file is replaced.
    ///
    /// Whoever may not write there keeps nothing, and `undo` says so: a task without root.
    func keeping(_ path: String) -> ShellScript {
        let folder = Self.folder(in: directory)
        // Two tasks may keep the same content at the same time.
        let new: ShellScript = "\(folder)/.new-\(String(sha256.prefix(16)))-$$"
        let copy: ShellScript = """
            { rm -f -- \(new); (umask 077; cat <\(path.shellPath) >\(new)); sync -d -- \(new); \
            mv -f -- \(new) \(self.path); }
            """
        let link: ShellScript =
            isShared ? copy : "ln -- \(path.shellPath) \(self.path) 2>/dev/null || \(copy)"
        return """
            if [ -w \(directory) ] && ! [ -e \(self.path) ]; then
            [ -d \(folder) ] || mkdir -p -m 0700 -- \(folder)
            \(link)
            fi
            """
    }

    /// Prints the content.
    var printing: ShellScript { "cat -- \(path)" }
}
