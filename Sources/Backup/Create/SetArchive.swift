import Age
import Archive
import Glibc
import Loop
import Vocabulary

/// Archives the files of a configuration set of this machine.
struct SetArchive: Sendable {
    let set: SetSettings
    let id: SnapshotID
    let repository: any Repository
    let recipients: [Recipient]
    let pipeline: ObjectPipeline
    let events: BackupEvents

    func run() async throws -> ConfigurationSnapshot {
        events(.set(set.name))
        let time = Timestamp.now
        let items = try await items()
        guard let part = ObjectKey.part(of: set.name) else {
            throw SnapshotError.noKey(database: set.name)
        }
        let key = id.key("sets/\(part).tar.zst.age")
        do {
            let result = try await pipeline.store(
                try TarStream(items), as: key, in: repository, to: recipients)
            events(.stored(key, plain: result.plain.size, stored: result.stored.size))
            return ConfigurationSnapshot(
                name: set.name, time: time,
                objects: [
                    ManifestObject(
                        key: key, content: .archive, plain: result.plain, stored: result.stored)
                ])
        } catch let error as ArchiveError {
            throw SnapshotError.set(name: set.name, reason: "\(error)")
        }
    }

    /// All that is below the set's paths, each once.
    private func items() async throws -> [TarItem] {
        var items: [String: TarItem] = [:]
        for path in set.paths {
            let root = path.split(separator: "/").joined(separator: "/")
            guard !root.isEmpty else {
                throw SnapshotError.set(name: set.name, reason: "`/` is more than a set can be")
            }
            do {
                let kind = try await Self.kind(of: "/\(root)")
                var found = [kind.item(root)]
                if case .directory = kind {
                    let tree = try await FileTree(of: "/\(root)", prefix: "\(root)/")
                    for omitted in tree.omitted {
                        events(.warning("the set \(set.name) leaves out /\(omitted.visible)"))
                    }
                    found += tree.items
                }
                for item in found where !isExcluded(item.path) { items[item.path] = item }
            } catch let error as ArchiveError {
                throw SnapshotError.set(name: set.name, reason: "\(error)")
            } catch let error as SystemError {
                throw SnapshotError.set(
                    name: set.name, reason: "`\(path.visible)`: \(error.reason)")
            }
        }
        return Array(items.values)
    }

    private enum Kind {
        case directory(FileMode, Timestamp)
        case file(FileMode, Timestamp, size: Int)

        func item(_ path: String) -> TarItem {
            switch self {
            case .directory(let mode, let modified):
                TarItem(path: path, kind: .directory, mode: mode, modified: modified)
            case .file(let mode, let modified, let size):
                TarItem(
                    path: path, kind: .file(size: size) { FilePieces(path: "/\(path)") },
                    mode: mode, modified: modified)
            }
        }
    }

    /// Of what a set names; links to it are followed.
    private static func kind(of path: String) async throws(SystemError) -> Kind {
        try await BlockingPool.shared.run { () throws(SystemError) in
            var information = stat()
            guard stat(path, &information) == 0 else { throw SystemError(errno, in: "stat") }
            let mode = FileMode(Int(information.st_mode & 0o7777))
            let modified = Timestamp(seconds: information.st_mtim.tv_sec)
            switch information.st_mode & S_IFMT {
            case S_IFDIR: return .directory(mode, modified)
            case S_IFREG: return .file(mode, modified, size: information.st_size)
            default: throw SystemError(EINVAL, in: "stat")
            }
        }
    }

    /// By a part of the path, or from the root.
    private func isExcluded(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        return set.exclude.contains { pattern in
            if pattern.hasPrefix("/") {
                let wanted = pattern.split(separator: "/")
                return wanted.count <= parts.count
                    && zip(wanted, parts).allSatisfy { matches($0, $1) }
            }
            return parts.contains { matches(pattern[...], $0) }
        }
    }

    /// `*` stands for any part of a name.
    private func matches(_ pattern: Substring, _ name: Substring) -> Bool {
        var pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard pieces.count > 1 else { return pattern == name }
        let (first, last) = (pieces.removeFirst(), pieces.removeLast())
        guard name.count >= first.count + last.count, name.hasPrefix(first), name.hasSuffix(last)
        else { return false }
        var rest = name.dropFirst(first.count).dropLast(last.count)
        for piece in pieces where !piece.isEmpty {
            guard let range = rest.firstRange(of: piece) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}
