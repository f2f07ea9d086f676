public import Vocabulary

/// What `prune` removed, signed, so that a snapshot that is gone on purpose is told from one that
/// somebody took away, and one that somebody put back from one that is due.
public struct PruneRecord: Hashable, Sendable {
    public static let document = "finflow prune record 1"

    public var time: Timestamp
    /// `user@machine`
    public var host: String
    public var removed: [ManifestLink]

    public init(time: Timestamp, host: String, removed: [ManifestLink]) {
        self.time = time
        self.host = host
        self.removed = removed
    }

    public var json: JSON {
        [
            "document": .string(Self.document), "time": .string("\(time)"), "host": .string(host),
            "removed": .array(removed.map(\.json)),
        ]
    }

    public init(_ json: JSON) throws(DocumentError) {
        var reader = try DocumentReader(json)
        let document = try reader.string("document")
        guard document == Self.document else {
            throw reader.wrong("document", "it is no `\(Self.document)`")
        }
        time = try reader.parsed("time") { Timestamp($0) }
        host = try reader.string("host")
        removed = try reader.list("removed") { (value, path) throws(DocumentError) in
            try ManifestLink(value, at: path)
        }
        try reader.finish()
    }
}
