public import Vocabulary

/// Something to be put into a tar archive.
public struct TarItem: Sendable {
    public enum Kind: Sendable {
        /// - Parameter contents: of exactly `size` bytes; begun when the item's turn comes.
        case file(
            size: Int,
            contents: @Sendable () async throws -> any AsyncSequence<[UInt8], any Error> & Sendable)
        case directory
        case symlink(target: String)
    }

    /// Relative, without `.` and `..`.
    public var path: String
    public var kind: Kind
    public var mode: FileMode
    /// Seconds since 1970.
    public var modified: Timestamp

    public init(
        path: String, kind: Kind, mode: FileMode, modified: Timestamp = Timestamp(seconds: 0)
    ) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.modified = modified
    }
}
