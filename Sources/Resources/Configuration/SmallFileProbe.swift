import Hosts

/// A configuration file as it lies on a host: what it is, whose, and what is in it. All of them
/// are read with two processes, however many there are.
///
/// A path that begins with `~/` lies in the home of the user that the script runs as.
struct SmallFileProbe: Probe {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    /// More than this is not read: no configuration file is that long.
    static let limit = 1 << 20

    static func script(for questions: [SmallFileProbe]) -> ShellScript {
        let paths = Set(questions.map(\.path)).sorted().map(\.shellPath)
        return """
            printf '%s\\0' "${HOME:-/}"
            set -- \(paths.joined(separator: " "))
            stat --printf='%n\\0%f\\0%U\\0%G\\0%s\\0' -- "$@" 2>/dev/null || :
            printf '\\0'
            for path do
              shift
              [ ! -f "$path" ] || [ -L "$path" ] || [ ! -r "$path" ] || set -- "$@" "$path"
            done
            [ $# = 0 ] || printf '%s\\0' "$@"
            printf '\\0'
            [ $# = 0 ] || head -q -c \(limit) -- "$@"
            """
    }

    static func answers(
        to questions: [SmallFileProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [SmallFileProbe: SmallFile] {
        var fields = NulSeparated(output)
        let home = try fields.next()
        var files: [String: SmallFile] = [:]
        while case let name = try fields.next(), !name.isEmpty {
            guard let status = UInt32(try fields.next(), radix: 16) else {
                throw ProbeError("`stat` printed something unexpected")
            }
            files[name] = SmallFile(
                status: status, owner: try fields.next(), group: try fields.next(),
                size: Int(try fields.next()) ?? 0)
        }
        var readable: [String] = []
        while case let name = try fields.next(), !name.isEmpty { readable.append(name) }
        var contents = fields.rest
        for name in readable {
            let length = min(files[name]?.size ?? 0, limit)
            guard contents.count >= length else {
                throw ProbeError("\(name) changed while it was read")
            }
            files[name]?.content = Array(contents.prefix(length))
            contents = contents.dropFirst(length)
        }
        guard contents.isEmpty else { throw ProbeError("a file changed while it was read") }
        var answers: [SmallFileProbe: SmallFile] = [:]
        for question in questions {
            let path =
                question.path.hasPrefix("~/") ? home + question.path.dropFirst() : question.path
            answers[question] = files[path] ?? .absent
        }
        return answers
    }
}

/// A file as it was observed.
struct SmallFile: Hashable, Sendable {
    enum Kind: Sendable {
        case absent, regular, link, directory, other
    }

    var kind: Kind
    var mode: Int
    var owner: String
    var group: String
    var size: Int
    /// `nil` where there is none, or none that may be read.
    var content: [UInt8]?

    static let absent = SmallFile(
        kind: .absent, mode: 0, owner: "", group: "", size: 0, content: nil)

    /// A regular file with this text, for tests and for files that are made from texts.
    static func regular(
        _ text: String, mode: Int = 0o644, owner: String = "root", group: String = "root"
    ) -> SmallFile {
        SmallFile(
            kind: .regular, mode: mode, owner: owner, group: group, size: text.utf8.count,
            content: Array(text.utf8))
    }

    var text: String? { content.map { String(decoding: $0, as: UTF8.self) } }
}

extension SmallFile {
    /// - Parameter status: `st_mode`.
    fileprivate init(status: UInt32, owner: String, group: String, size: Int) {
        let kind: Kind =
            switch status & 0o170000 {
            case 0o100000: .regular
            case 0o120000: .link
            case 0o040000: .directory
            default: .other
            }
        self.init(
            kind: kind, mode: Int(status & 0o7777), owner: owner, group: group, size: size,
            content: nil)
    }
}

extension String {
    /// The path as a word of the shell, `~/` being the home of whoever runs it.
    var shellPath: ShellScript {
        guard hasPrefix("~/") else { return "\(self)" }
        return "\"${HOME:?}\"/\(String(dropFirst(2)))"
    }
}
