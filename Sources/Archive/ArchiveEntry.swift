/// What an archive says of one thing in it.
struct ArchiveEntry: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case file(size: Int)
        case directory
        case symlink(target: String)
        /// Another name of a file that came before.
        case hardlink(target: String)
        /// A device, a pipe, a socket.
        case special
    }

    var path: String
    var kind: Kind
    /// Permission bits.
    var mode: Int
    /// Seconds since 1970.
    var modified: Int
}
