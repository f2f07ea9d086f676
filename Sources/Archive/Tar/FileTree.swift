import Glibc
internal import Loop
public import Vocabulary

/// What is below a directory of this machine, as items of an archive. No link is followed: it is
/// an item itself. Sockets, pipes and devices are left out, and listed.
public struct FileTree: Sendable {
    public private(set) var items: [TarItem] = []
    /// The paths of what has no place in an archive.
    public private(set) var omitted: [String] = []

    /// - Parameters:
    ///   - root: a directory.
    ///   - prefix: what stands in front of the paths in the archive; empty, or ends with a slash.
    ///   - modified: for all of them; `nil` for each one's own time.
    /// - Throws: ``ArchiveError`` where something cannot be read: half of a tree is no backup.
    public init(
        of root: String, prefix: String = "", modified: Timestamp? = nil,
        limits: ArchiveLimits = ArchiveLimits()
    ) async throws {
        self = try await BlockingPool.shared.run { () throws(ArchiveError) in
            var tree = FileTree()
            try tree.read(root, prefix: prefix, modified: modified, limits: limits)
            return tree
        }
    }

    private init() {}

    private mutating func read(
        _ root: String, prefix: String, modified: Timestamp?, limits: ArchiveLimits
    ) throws(ArchiveError) {
        var open = [""]
        while let folder = open.popLast() {
            for name in try Self.names(in: "\(root)/\(folder)", shown: prefix + folder) {
                let path = folder + name
                guard let item = try item("\(root)/\(path)", as: prefix + path, modified) else {
                    omitted.append(prefix + path)
                    continue
                }
                if case .directory = item.kind { open.append(path + "/") }
                items.append(item)
                guard items.count <= limits.entries else {
                    throw ArchiveError(
                        .tooLarge, "it has more than \(limits.entries) entries", entry: nil)
                }
            }
        }
    }

    private static func names(
        in folder: String, shown: String
    ) throws(ArchiveError) -> [String] {
        do throws(SystemError) {
            return try FileCalls.names(in: folder, hidden: true)
        } catch {
            throw ArchiveError(.unreadable, error.reason, entry: shown)
        }
    }

    private func item(
        _ file: String, as path: String, _ modified: Timestamp?
    ) throws(ArchiveError) -> TarItem? {
        var information = stat()
        guard lstat(file, &information) == 0 else {
            throw ArchiveError(.unreadable, SystemError(errno, in: "lstat").reason, entry: path)
        }
        let kind: TarItem.Kind
        switch information.st_mode & S_IFMT {
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symlink(target: try Self.target(of: file, path))
        case S_IFREG:
            let size = information.st_size
            kind = .file(size: size) { FilePieces(path: file) }
        default: return nil
        }
        return TarItem(
            path: path, kind: kind, mode: FileMode(Int(information.st_mode & 0o7777)),
            modified: modified ?? Timestamp(seconds: information.st_mtim.tv_sec))
    }

    private static func target(of file: String, _ path: String) throws(ArchiveError) -> String {
        var buffer = [CChar](repeating: 0, count: 4097)
        let count = readlink(file, &buffer, buffer.count)
        guard (0..<buffer.count).contains(count),
            let target = String(
                validating: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        else {
            throw ArchiveError(.unreadable, "is a link whose target has no name", entry: path)
        }
        return target
    }
}
