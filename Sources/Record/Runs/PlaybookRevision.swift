import Crypto
import Glibc
import Loop
import Vocabulary

/// Which playbooks a run read: a digest of their files, and the commit where they lie in a git
/// work tree. (The commit says what was checked out, the digest what was there.)
public struct PlaybookRevision: Hashable, Sendable {
    /// SHA-256 over names and contents.
    public var digest: String
    public var commit: String?

    /// Reads the files below `root`; `nil` where it cannot be read. Hidden ones are left out,
    /// and of large ones only the size counts: they are read when a task needs them, and hosts
    /// know what they got.
    public static func of(_ root: String) async -> PlaybookRevision? {
        await BlockingPool.shared.run {
            guard let digest = PlaybookFiles(root: root).digest else { return nil }
            return PlaybookRevision(digest: digest, commit: GitHead(above: root)?.commit)
        }
    }

    var json: JSON {
        .object(compact: [("sha256", .string(digest)), ("commit", commit.map(JSON.string))])
    }

    init(digest: String, commit: String?) {
        self.digest = digest
        self.commit = commit
    }

    init?(_ json: JSON) {
        guard let digest = json["sha256"]?.string else { return nil }
        self.digest = digest
        commit = json["commit"]?.string
    }

    /// `3f9a0c21b7d4 (commit 0539bdf41c22)`
    public var inWords: String {
        "\(digest.prefix(12))" + (commit.map { " (commit \($0.prefix(12)))" } ?? "")
    }
}

private struct PlaybookFiles {
    let root: String
    private let largest = ByteCount.mebibytes(8)
    private let most = 20_000

    init(root: String) {
        self.root = root
    }

    var digest: String? {
        var open = [""]
        var files: [(name: String, path: String)] = []
        while let folder = open.popLast() {
            guard let names = try? FileCalls.names(in: "\(root)/\(folder)") else { return nil }
            for name in names where files.count < most {
                var information = stat()
                guard lstat("\(root)/\(folder)\(name)", &information) == 0 else { continue }
                switch information.st_mode & S_IFMT {
                case S_IFDIR: open.append("\(folder)\(name)/")
                case S_IFREG: files.append(("\(folder)\(name)", "\(root)/\(folder)\(name)"))
                default: continue
                }
            }
        }
        guard !files.isEmpty else { return nil }
        var hash = SHA256()
        for file in files.sorted(by: { $0.name < $1.name }) {
            var information = stat()
            lstat(file.path, &information)
            hash.update(data: Array("\(file.name)\u{0}\(information.st_size)\u{0}".utf8))
            if information.st_size <= largest.bytes,
                let bytes =
                    (try? FileCalls.contents(of: file.path, atMost: largest, links: .refused))
                    ?? nil
            {
                hash.update(data: bytes)
            }
        }
        return hash.finalize().hexadecimal
    }
}

/// What is checked out in the git work tree around a directory, from its files alone: no
/// program is started for it.
private struct GitHead {
    let commit: String

    init?(above path: String) {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        var parts = String(cString: resolved).split(separator: "/")
        while true {
            let folder = "/" + parts.joined(separator: "/")
            if let commit = Self.commit(inWorkTree: folder) {
                self.commit = commit
                return
            }
            if parts.popLast() == nil { return nil }
        }
    }

    private static func commit(inWorkTree folder: String) -> String? {
        var git = "\(folder)/.git"
        if let link = line(of: git, after: "gitdir: ") {
            git = link.hasPrefix("/") ? link : "\(folder)/\(link)"
        }
        guard let head = line(of: "\(git)/HEAD", after: "") else { return nil }
        guard head.hasPrefix("ref: ") else { return isCommit(head) ? head : nil }
        let name = String(head.dropFirst("ref: ".count))
        // Of a work tree that is one of several, branches lie with the first.
        let common = line(of: "\(git)/commondir", after: "").map {
            $0.hasPrefix("/") ? $0 : "\(git)/\($0)"
        }
        for place in [git, common].compactMap(\.self) {
            if let commit = line(of: "\(place)/\(name)", after: ""), isCommit(commit) {
                return commit
            }
            let packed = text(of: "\(place)/packed-refs")?.split(separator: "\n") ?? []
            if let found = packed.first(where: { $0.hasSuffix(" \(name)") }) {
                let commit = String(found.prefix { $0 != " " })
                if isCommit(commit) { return commit }
            }
        }
        return nil
    }

    private static func isCommit(_ text: String) -> Bool {
        [40, 64].contains(text.utf8.count) && text.allSatisfy(\.isHexDigit)
    }

    private static func line(of path: String, after prefix: String) -> String? {
        guard let text = text(of: path), text.hasPrefix(prefix) else { return nil }
        return text.dropFirst(prefix.count).split(separator: "\n").first.map(String.init)
    }

    private static func text(of path: String) -> String? {
        ((try? FileCalls.contents(of: path, atMost: .mebibytes(4), links: .refused)) ?? nil).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
