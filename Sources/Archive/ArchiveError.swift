public import Vocabulary

/// Why an archive is not read, or not to its end.
public struct ArchiveError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// It is damaged, encrypted or of no known format, or the file cannot be read.
        case unreadable
        /// An entry would be written outside of the destination, through a link, or as a device.
        case unsafe
        /// It holds more than its reader is ready to write.
        case tooLarge
        /// A file was written to while it was read into an archive.
        case changed
        /// It cannot be written where it is to be unpacked.
        case unwritable
    }

    public var kind: Kind
    /// Without a full stop: `leaves the destination`.
    public var message: String
    /// The entry that it is about, as the archive names it.
    public var entry: String?

    init(_ kind: Kind, _ message: String, entry: String? = nil) {
        self.kind = kind
        self.message = message
        self.entry = entry
    }
}

extension ArchiveError: CustomStringConvertible {
    public var description: String {
        entry.map { "the entry `\($0.visible)` \(message)" } ?? message
    }
}

/// How much an archive may expand to: what is small when packed may fill a disk.
public struct ArchiveLimits: Hashable, Sendable {
    public var entries: Int
    public var bytes: ByteCount

    public init(entries: Int = 200_000, bytes: ByteCount = ByteCount(4 << 30)) {
        self.entries = entries
        self.bytes = bytes
    }
}
