public import Hosts
public import Vocabulary

/// What stands at a path, without following a link at its end.
public struct PathProbe: Probe {
    /// `~/` at its start is the home of whoever asks.
    public var path: String

    public init(_ path: String) {
        self.path = path
    }

    public enum Answer: Hashable, Sendable {
        case missing
        /// A directory on the way may not be searched by whom the question was put as.
        case unreadable
        case present(PathStatus)

        public var status: PathStatus? {
            if case .present(let status) = self { status } else { nil }
        }
    }

    /// `QUOTING_STYLE` makes `%N` print link targets as they are. The root directory is asked for
    /// as well: without its entry no `stat` of GNU coreutils has answered, and nothing is missing.
    ///
    /// `stat` says nothing (that a program can read) about why it cannot look; the loop finds the
    /// nearest directory that is there, and whether it is closed, without starting a program.
    public static func script(for questions: [PathProbe]) -> ShellScript {
        let portions: [ShellScript] = questions.map(\.path).inCommandLines.map { paths in
            """
            set -- / \(paths.map(\.shellPath).joined(separator: " "))
            QUOTING_STYLE=literal stat \
            --printf='%n\\0%f\\0%U\\0%u\\0%G\\0%g\\0%s\\0%.9Y\\0%.9Z\\0%i\\0%h\\0%N\\0' \
            -- "$@" 2>/dev/null || :
            for path do
            [ -e "$path" ] || [ -h "$path" ] || {
            near=${path%/*}
            while [ -n "$near" ] && ! [ -e "$near" ]; do near=${near%/*}; done
            ! [ -d "$near" ] || [ -x "$near" ] || printf '%s\\0!\\0' "$path"
            }
            done

            """
        }
        return "printf '%s\\0' \"${HOME:-/}\"\n\(portions.joined(separator: ""))"
    }

    public static func answers(
        to questions: [PathProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [PathProbe: Answer] {
        var fields = output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        let home = String(decoding: fields.popFirst() ?? [], as: UTF8.self)
        var found: [String: Answer] = [:]
        while let name = fields.popFirst() {
            if fields.first?.elementsEqual("!".utf8) == true {
                fields.removeFirst()
                found[String(decoding: name, as: UTF8.self)] = .unreadable
                continue
            }
            guard let status = PathStatus(name: name, fields: fields.prefix(11)) else {
                throw ProbeError("`stat` printed what cannot be read")
            }
            fields.removeFirst(11)
            found[String(decoding: name, as: UTF8.self)] = .present(status)
        }
        guard found["/"] != nil else {
            throw ProbeError("no `stat` of GNU coreutils answered")
        }
        return Dictionary(
            questions.map { ($0, found[$0.path.below(home: home)] ?? .missing) },
            uniquingKeysWith: { first, _ in first })
    }
}

/// What `lstat` knows of a path.
public struct PathStatus: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case file, directory, symlink, other
    }

    public struct Identity: Hashable, Sendable {
        /// `UNKNOWN` where the host has no name for the number.
        public var name: String
        public var number: Int

        public init(name: String, number: Int) {
            self.name = name
            self.number = number
        }

        /// Whether `wanted`, a name or a number, means this one.
        public func matches(_ wanted: String) -> Bool {
            Int(wanted).map { $0 == number } ?? (wanted == name)
        }
    }

    public var kind: Kind
    public var mode: FileMode
    public var owner: Identity
    public var group: Identity
    public var size: Int
    /// When its content last changed, since 1970.
    public var modified: Duration
    /// When anything about it last changed, its name too, since 1970.
    public var changed: Duration
    public var inode: Int
    /// How many names it has.
    public var links: Int
    /// Of a symlink, as it was written.
    public var linkTarget: String?

    public init(
        kind: Kind, mode: FileMode, owner: Identity, group: Identity, size: Int,
        modified: Duration = .zero, changed: Duration = .zero, inode: Int = 0,
        links: Int = 1, linkTarget: String? = nil
    ) {
        self.kind = kind
        self.mode = mode
        self.owner = owner
        self.group = group
        self.size = size
        self.modified = modified
        self.changed = changed
        self.inode = inode
        self.links = links
        self.linkTarget = linkTarget
    }
}

extension PathStatus {
    fileprivate init?(name: ArraySlice<UInt8>, fields: ArraySlice<ArraySlice<UInt8>>) {
        let texts = fields.map { String(decoding: $0, as: UTF8.self) }
        guard texts.count == 11, let bits = Int(texts[0], radix: 16), let owner = Int(texts[2]),
            let group = Int(texts[4]), let size = Int(texts[5]),
            let modified = Duration(decimal: texts[6]), let changed = Duration(decimal: texts[7]),
            let inode = Int(texts[8]), let links = Int(texts[9])
        else { return nil }
        let kind: Kind =
            switch bits & 0o170000 {
            case 0o100000: .file
            case 0o040000: .directory
            case 0o120000: .symlink
            default: .other
            }
        // `%N` is "name -> target"; the name may hold an arrow too, so it is cut off by length.
        let target = fields[fields.index(fields.startIndex, offsetBy: 10)].dropFirst(name.count + 4)
        self.init(
            kind: kind, mode: FileMode(bits),
            owner: Identity(name: texts[1], number: owner),
            group: Identity(name: texts[3], number: group),
            size: size, modified: modified, changed: changed, inode: inode,
            links: links,
            linkTarget: kind == .symlink ? String(decoding: target, as: UTF8.self) : nil)
    }
}

extension Duration {
    /// Seconds with nine decimals, as `stat` prints times.
    fileprivate init?(decimal text: String) {
        let parts = text.split(separator: ".")
        guard parts.count == 2, parts[1].utf8.count == 9, let seconds = Int64(parts[0]),
            let nanoseconds = Int64(parts[1])
        else { return nil }
        self = .seconds(seconds) + .nanoseconds(nanoseconds)
    }
}

extension PathStatus.Kind {
    /// `a file`, as a message says it.
    var inWords: String {
        switch self {
        case .file: "a file"
        case .directory: "a directory"
        case .symlink: "a symlink"
        case .other: "neither file, directory nor symlink"
        }
    }
}
