import Hosts
import Vocabulary

/// A configuration file as it lies on a host: what it is, whose, and what is in it.
///
/// A path that begins with `~/` lies in the home of the user that the script runs as.
struct SmallFileProbe: DerivedProbe {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    /// More than this is not read: no configuration file is that long.
    static let limit = 1 << 20

    private var text: TextProbe { TextProbe(path, limit: Self.limit) }

    var parts: [any Probe] { [PathProbe(path), text] }

    func answer(from answers: Answers) throws(ProbeError) -> SmallFile {
        guard let status = try answers.answer(PathProbe(path)).status else { return .absent }
        var file = SmallFile(status)
        if file.kind == .regular, case .content(let content) = try answers.answer(text) {
            file.content = content
        }
        return file
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
    var status: PathStatus?

    static let absent = SmallFile(
        kind: .absent, mode: 0, owner: "", group: "", size: 0, content: nil)

    /// A regular file with this text, for tests and for files that are made from texts.
    static func regular(
        _ text: String, mode: Int = 0o644, owner: String = "root", group: String = "root"
    ) -> SmallFile {
        SmallFile(
            kind: .regular, mode: mode, owner: owner, group: group, size: text.utf8.count,
            content: Array(text.utf8),
            status: PathStatus(
                kind: .file, mode: FileMode(mode), owner: .init(name: owner, number: 0),
                group: .init(name: group, number: 0), size: text.utf8.count))
    }

    var text: String? { content.map { String(decoding: $0, as: UTF8.self) } }

    /// The text as a plan shows it. What stands there may hold a secret that is about to leave
    /// it: where others may not read it, it is not shown, except for a kind of file that never
    /// is for others (`mode`) and never has a secret in it.
    func textToShow(whereWanted mode: Int) -> String? {
        guard let status, status.mode.isPrivate, !FileMode(mode).isPrivate else { return text }
        return redaction
    }
}

extension SmallFile {
    fileprivate init(_ status: PathStatus) {
        let kind: Kind =
            switch status.kind {
            case .file: .regular
            case .symlink: .link
            case .directory: .directory
            case .other: .other
            }
        self.init(
            kind: kind, mode: status.mode.bits, owner: status.owner.name,
            group: status.group.name, size: status.size, content: nil, status: status)
    }
}
