import Crypto
public import Vocabulary

/// One difference that a task makes, bounded in size: of a large content there are its digest
/// and the beginning of the difference.
///
/// Whoever makes one has redacted what is sensitive: it is written and shown as it is.
public struct RecordedChange: Hashable, Sendable {
    /// `create`, `update`, `delete` or `run`.
    public var kind: String
    /// What differs: `mode`, `content`, `restart`.
    public var what: String
    public var before: Side?
    public var after: Side?
    /// As `diff -u` shows it, of what has several lines.
    public var diff: Diff?

    /// A state of what differs.
    public enum Side: Hashable, Sendable {
        case text(String)
        /// Too large to be kept: how large it was and its SHA-256.
        case digest(String, size: Int)
    }

    public struct Diff: Hashable, Sendable {
        public var lines: [String]
        /// How many lines more there were.
        public var omitted: Int
    }

    /// The largest text that is kept as it is, in bytes.
    static let textLimit = 2048
    /// How many lines, and bytes of them, are kept of a difference.
    static let diffLimit = (lines: 300, bytes: 32 << 10)
    /// Texts above this are not compared line by line.
    private static let comparedLimit = 4 << 20

    public init(kind: String, what: String, before: String?, after: String?) {
        self.kind = kind
        self.what = what
        self.before = before.map(Side.init)
        self.after = after.map(Side.init)
        let sides = [before, after].compactMap(\.self)
        if sides.contains(where: { $0.contains("\n") || $0.utf8.count > Self.textLimit }),
            sides.allSatisfy({ $0.utf8.count <= Self.comparedLimit })
        {
            diff = Diff(from: before ?? "", to: after ?? "")
        }
    }

    /// `mode 0644 → 0600`; of what has several lines only what it is.
    public var inWords: String {
        if diff != nil { return "\(what) differs".visible }
        switch (kind, before, after) {
        case ("run", let cause?, _): return "\(what), \(cause.inWords)".visible
        case (_, let before?, let after?):
            return "\(what) \(before.inWords) → \(after.inWords)".visible
        case (_, nil, let after?): return "\(what) \(after.inWords)".visible
        case ("delete", let before?, nil): return "\(what) \(before.inWords)".visible
        case (_, let before?, nil): return "no \(what) (was \(before.inWords))".visible
        case (_, nil, nil): return what.visible
        }
    }
}

extension RecordedChange.Side {
    init(_ text: String) {
        if text.utf8.count <= RecordedChange.textLimit {
            self = .text(text)
        } else {
            let digest = SHA256.hash(data: Array(text.utf8)).hexadecimal
            self = .digest(digest, size: text.utf8.count)
        }
    }

    public var inWords: String {
        switch self {
        case .text(let text): text
        case .digest(let digest, let size): "\(ByteCount(size)), sha256 \(digest.prefix(12))…"
        }
    }
}

extension RecordedChange.Diff {
    fileprivate init(from before: String, to after: String) {
        let limit = RecordedChange.diffLimit
        let all = UnifiedDiff(from: before, to: after).description
            .split(separator: "\n", omittingEmptySubsequences: false)
        var kept: [String] = []
        var room = limit.bytes
        for line in all.prefix(limit.lines) {
            room -= line.utf8.count
            guard room >= 0 else { break }
            kept.append(String(line))
        }
        lines = kept
        omitted = all.count - kept.count
    }
}

// MARK: - JSON

extension RecordedChange {
    public var json: JSON {
        .object(compact: [
            ("kind", .string(kind)), ("what", .string(what)), ("before", before?.json),
            ("after", after?.json),
            ("diff", diff.map { .array($0.lines.map(JSON.string)) }),
            ("diff_omitted", diff.flatMap { $0.omitted > 0 ? .int($0.omitted) : nil }),
        ])
    }

    init?(_ json: JSON) {
        guard let kind = json["kind"]?.string, let what = json["what"]?.string else { return nil }
        self.kind = kind
        self.what = what
        before = json["before"].flatMap(Side.init)
        after = json["after"].flatMap(Side.init)
        diff = json["diff"]?.array.map { lines in
            Diff(
                lines: lines.compactMap(\.string),
                omitted: json["diff_omitted"]?.count ?? 0)
        }
    }
}

extension RecordedChange.Side {
    fileprivate var json: JSON {
        switch self {
        case .text(let text): .string(text)
        case .digest(let digest, let size): ["sha256": .string(digest), "size": .int(size)]
        }
    }

    fileprivate init?(_ json: JSON) {
        if let text = json.string {
            self = .text(text)
        } else if let digest = json["sha256"]?.string, let size = json["size"]?.int, size >= 0 {
            self = .digest(digest, size: size)
        } else {
            return nil
        }
    }
}
