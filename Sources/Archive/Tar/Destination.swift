import Glibc
import Loop

/// A directory that an archive is unpacked below, in blocking calls that follow no link.
final class Destination {
    private let root: Int32
    /// Their modes and times are set when nothing more is written into them.
    private var folders: [ArchiveEntry] = []

    init(_ path: String) throws(ArchiveError) {
        do throws(SystemError) {
            root = try FileCalls.open(path, O_RDONLY | O_DIRECTORY)
        } catch {
            throw ArchiveError(.unwritable, "cannot be unpacked into \(path): \(error.reason)")
        }
    }

    deinit {
        close(root)
    }

    /// - Returns: how many bytes a file has.
    func write(_ entry: ArchiveEntry, from reader: ArchiveReader) throws(ArchiveError) -> Int {
        let parts = entry.path.split(separator: "/").map(String.init)
        guard let name = parts.last else { return 0 }
        let folder = try open(parts.dropLast(), for: entry)
        defer { close(folder) }
        switch entry.kind {
        case .directory:
            guard mkdirat(folder, name, 0o700) == 0 || errno == EEXIST else {
                throw failure(entry)
            }
            close(try openFolder(name, in: folder, for: entry))
            folders.append(entry)
        case .symlink(let target):
            guard symlinkat(target, folder, name) == 0 else { throw failure(entry) }
            try setTime(of: name, in: folder, entry)
        case .hardlink(let target):
            try link(target, to: name, in: folder, entry)
        case .file(let size):
            try writeFile(name, in: folder, size: size, entry, from: reader)
            return size
        case .special:
            throw ArchiveError(.unsafe, "is neither file, directory nor link", entry: entry.path)
        }
        return 0
    }

    func finish() throws(ArchiveError) {
        // Inner ones first: an outer one may not be entered any more.
        for entry in folders.sorted(by: { $0.path.utf8.count > $1.path.utf8.count }) {
            let folder = try open(entry.path.split(separator: "/").map(String.init), for: entry)
            defer { close(folder) }
            guard fchmod(folder, mode_t(entry.mode)) == 0,
                futimens(folder, Self.times(entry)) == 0
            else { throw failure(entry) }
        }
    }

    private func writeFile(
        _ name: String, in folder: Int32, size: Int, _ entry: ArchiveEntry,
        from reader: ArchiveReader
    ) throws(ArchiveError) {
        let file = openat(
            folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(entry) }
        defer { close(file) }
        var rest = size
        while rest > 0 {
            let bytes = try reader.read(upTo: min(rest, 256 << 10))
            guard !bytes.isEmpty else {
                throw ArchiveError(.unreadable, "it ends in the middle of an entry")
            }
            do throws(SystemError) {
                try FileCalls.write(bytes, to: file)
            } catch {
                throw ArchiveError(.unwritable, error.reason, entry: entry.path)
            }
            rest -= bytes.count
        }
        guard fchmod(file, mode_t(entry.mode)) == 0, futimens(file, Self.times(entry)) == 0 else {
            throw failure(entry)
        }
    }

    private func link(
        _ target: String, to name: String, in folder: Int32, _ entry: ArchiveEntry
    ) throws(ArchiveError) {
        let parts = target.split(separator: "/").map(String.init)
        guard let original = parts.last else { return }
        let other = try open(parts.dropLast(), for: entry)
        defer { close(other) }
        // Without AT_SYMLINK_FOLLOW: of what is a link by now, the link itself.
        guard linkat(other, original, folder, name, 0) == 0 else { throw failure(entry) }
    }

    // MARK: Folders

    private func open(
        _ parts: some Sequence<String>, for entry: ArchiveEntry
    ) throws(ArchiveError) -> Int32 {
        var folder = fcntl(root, F_DUPFD_CLOEXEC, 0)
        guard folder >= 0 else { throw failure(entry) }
        for part in parts {
            let outer = folder
            defer { close(outer) }
            folder = try openFolder(part, in: outer, for: entry)
        }
        return folder
    }

    private func openFolder(
        _ name: String, in outer: Int32, for entry: ArchiveEntry
    ) throws(ArchiveError) -> Int32 {
        let folder = openat(outer, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else {
            guard errno == ENOTDIR || errno == ELOOP else { throw failure(entry) }
            throw ArchiveError(
                .unsafe, "would be written through `\(name)`, which is no directory",
                entry: entry.path)
        }
        return folder
    }

    private func setTime(
        of name: String, in folder: Int32, _ entry: ArchiveEntry
    ) throws(ArchiveError) {
        guard utimensat(folder, name, Self.times(entry), AT_SYMLINK_NOFOLLOW) == 0 else {
            throw failure(entry)
        }
    }

    private static func times(_ entry: ArchiveEntry) -> [timespec] {
        Array(repeating: timespec(tv_sec: entry.modified, tv_nsec: 0), count: 2)
    }

    private func failure(_ entry: ArchiveEntry) -> ArchiveError {
        ArchiveError(.unwritable, SystemError(errno, in: "openat").reason, entry: entry.path)
    }
}
