/// What happens while a snapshot is made or verified, for drawing only.
public enum BackupEvent: Sendable {
    public enum Phase: String, Hashable, Sendable {
        case connecting, dumping, checking, done
    }

    case began(SnapshotID)
    case database(String, Phase)
    /// What is to be dumped: so many tables, that take so many bytes on the server's disk.
    case planned(database: String, tables: Int, bytes: Int)
    /// A table has been dumped. Its size is that on the server's disk.
    case table(database: String, name: String, rows: Int, size: Int)
    /// So many more bytes of a dump have come.
    case bytes(database: String, Int)
    /// A set of files is being archived.
    case set(String)
    case stored(ObjectKey, plain: Int, stored: Int)
    /// So many objects and bytes will be read again.
    case proving(objects: Int, bytes: Int)
    case proved(ObjectKey, bytes: Int)
    /// Something that does not keep the snapshot from being made.
    case warning(String)
}

public typealias BackupEvents = @Sendable (BackupEvent) -> Void
