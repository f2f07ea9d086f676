public import Vocabulary

/// What a snapshot is: all that is needed to find, prove and restore it.
///
/// It is stored as one line of JSON with a signature behind it (``SignedDocument``), last of all,
/// so that a snapshot exists only once it is whole. It names the one before it by its digest.
public struct Manifest: Hashable, Sendable {
    /// Says what kind of document it is, and in which version, so that no signature of one kind
    /// stands for another.
    public static let document = "finflow snapshot manifest 1"

    public var id: SnapshotID
    public var environment: String
    public var began: Timestamp
    public var ended: Timestamp
    /// `user@machine`
    public var host: String
    /// finflowctl's version, and those of what it ran, by name.
    public var tools: [String: String]
    /// To whom the objects are encrypted: `age1…`.
    public var recipients: [String]
    /// The snapshot before this one in the repository; `nil` for the first.
    public var previous: ManifestLink?
    public var databases: [DatabaseSnapshot]
    /// Configuration sets.
    public var sets: [ConfigurationSnapshot]

    public init(
        id: SnapshotID, environment: String, began: Timestamp, ended: Timestamp, host: String,
        tools: [String: String], recipients: [String], previous: ManifestLink?,
        databases: [DatabaseSnapshot], sets: [ConfigurationSnapshot]
    ) {
        self.id = id
        self.environment = environment
        self.began = began
        self.ended = ended
        self.host = host
        self.tools = tools
        self.recipients = recipients
        self.previous = previous
        self.databases = databases
        self.sets = sets
    }

    public var objects: [ManifestObject] {
        databases.flatMap(\.objects) + sets.flatMap(\.objects)
    }
}

/// A manifest as others name it.
public struct ManifestLink: Hashable, Sendable {
    public var id: SnapshotID
    /// Of the object as it is stored, with its signature.
    public var sha256: ContentDigest

    public init(id: SnapshotID, sha256: ContentDigest) {
        self.id = id
        self.sha256 = sha256
    }
}

/// One database as of one moment.
public struct DatabaseSnapshot: Hashable, Sendable {
    public var name: String
    /// Of the server: `15.20`.
    public var serverVersion: String
    /// Of the exported snapshot: `0/16B3748`.
    public var lsn: LogPosition
    /// When the snapshot was exported, by the server's clock.
    public var time: Timestamp
    public var objects: [ManifestObject]
    public var tables: [TableSummary]

    public init(
        name: String, serverVersion: String, lsn: LogPosition, time: Timestamp,
        objects: [ManifestObject], tables: [TableSummary]
    ) {
        self.name = name
        self.serverVersion = serverVersion
        self.lsn = lsn
        self.time = time
        self.objects = objects
        self.tables = tables
    }
}

/// Files of one configuration set.
public struct ConfigurationSnapshot: Hashable, Sendable {
    public var name: String
    public var time: Timestamp
    public var objects: [ManifestObject]

    public init(name: String, time: Timestamp, objects: [ManifestObject]) {
        self.name = name
        self.time = time
        self.objects = objects
    }
}

/// One object of a snapshot.
public struct ManifestObject: Hashable, Sendable {
    public enum Content: String, Hashable, Sendable, CaseIterable {
        case globals
        case preData = "pre-data"
        case tables
        case rest
        case postData = "post-data"
        case archive
    }

    public var key: ObjectKey
    public var content: Content
    /// Before it was compressed and encrypted.
    public var plain: StoredObject
    public var stored: StoredObject

    public init(
        key: ObjectKey, content: Content, plain: StoredObject, stored: StoredObject
    ) {
        self.key = key
        self.content = content
        self.plain = plain
        self.stored = stored
    }
}

/// What was dumped of one table.
public struct TableSummary: Hashable, Sendable {
    public var schema: String
    public var name: String
    public var rows: RowSummary
    /// The object that holds it.
    public var object: ObjectKey

    public init(schema: String, name: String, rows: RowSummary, object: ObjectKey) {
        self.schema = schema
        self.name = name
        self.rows = rows
        self.object = object
    }
}
