public import Vocabulary

/// Says that a snapshot is being written or read, and that nothing of it is to be removed:
/// `leases/<id>.json`. It is not signed: it can only keep something from being removed.
public struct Lease: Hashable, Sendable {
    public static let document = "finflow lease 1"

    public var snapshot: SnapshotID
    /// `user@machine`
    public var holder: String
    /// `create`, `restore`
    public var purpose: String
    public var until: Timestamp

    public init(snapshot: SnapshotID, holder: String, purpose: String, until: Timestamp) {
        self.snapshot = snapshot
        self.holder = holder
        self.purpose = purpose
        self.until = until
    }

    public var json: JSON {
        [
            "document": .string(Self.document), "snapshot": .string("\(snapshot)"),
            "holder": .string(holder), "purpose": .string(purpose), "until": .string("\(until)"),
        ]
    }

    public init(_ json: JSON) throws(DocumentError) {
        var reader = try DocumentReader(json)
        let document = try reader.string("document")
        guard document == Self.document else {
            throw reader.wrong("document", "it is no `\(Self.document)`")
        }
        snapshot = try reader.parsed("snapshot") { SnapshotID($0) }
        holder = try reader.string("holder")
        purpose = try reader.string("purpose")
        until = try reader.parsed("until") { Timestamp($0) }
        try reader.finish()
    }
}
