import Glibc

/// What `$EDITOR` says: a piece of shell, as git takes it.
struct Editor {
    let command: String

    init(_ command: String) {
        self.command = command
    }

    /// The script that edits the file `$1`.
    ///
    /// Vim keeps what passes through its registers in ~/.viminfo, and undo files on disk. It goes
    /// by many names (`vi`, `editor`), which are links; where it hides behind a program of
    /// another name (`sensible-editor`, `env`) a variable tells it the same, which other editors
    /// do not look at.
    var script: String {
        if isVim { return "exec \(command) -n -i NONE -c '\(Self.keepingNothing)' \"$1\"" }
        return """
            VIMINIT="${VIMINIT:-silent! source ~/.vimrc} | set viminfo= | \(Self.keepingNothing)"
            export VIMINIT
            exec \(command) "$1"
            """
    }

    /// After the user's own configuration, which may say otherwise. A small Vim knows not all.
    private static let keepingNothing =
        "silent! set noswapfile noundofile nobackup nowritebackup"

    private var isVim: Bool {
        let word = command.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        let names = [word, Self.resolved(word) ?? ""].map { path in
            path.split(separator: "/").last ?? ""
        }
        return names.contains { name in
            ["vim", "nvim", "gvim"].contains { name.hasPrefix($0) }
        }
    }

    /// The program that a word of a shell starts, behind all links.
    private static func resolved(_ word: String) -> String? {
        let places =
            word.contains("/")
            ? [word]
            : (Environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(word)" }
        guard let path = places.first(where: { access($0, X_OK) == 0 }),
            let resolved = realpath(path, nil)
        else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
