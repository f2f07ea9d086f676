/// Decides what of an archive may be unpacked below a destination, and under which path.
///
/// Any one entry that breaks a rule condemns the archive: an archive that tries is not one to
/// unpack the rest of. The rules hold whatever unpacks it and in whatever order it looks:
///
/// - paths are relative and without `..`;
/// - nothing is written through a link, nor does anything change its kind on the way;
/// - a link's `..` all stand at the front of its target and do not climb above the
///   destination. (Behind a name they could: `l/..` is the parent of what `l` links to.)
/// - a hard link is another name of a file of the same archive.
///
/// Where links may lead anywhere, as those of a configuration do, the other rules still hold.
struct EntryRules {
    private enum Kind {
        case file, directory, link
    }

    let stripping: Int
    let limits: ArchiveLimits
    let links: LinkTargets
    /// By path. A path is bounded, and so is the number of entries and of what they imply.
    private var kinds: [String: Kind] = [:]
    private var entries = 0
    private var bytes = 0

    /// - Parameter stripping: how many leading components of each path are taken off; entries
    ///   that have no more than these are left out.
    init(stripping: Int, limits: ArchiveLimits, links: LinkTargets = .inside) {
        self.stripping = stripping
        self.limits = limits
        self.links = links
    }

    /// The entry as it may be unpacked, behind directories that the archive did not mention;
    /// nothing when it is left out.
    mutating func admit(_ entry: ArchiveEntry) throws(ArchiveError) -> [ArchiveEntry] {
        try count()
        let components = try components(of: entry.path, in: entry)
        guard !components.isEmpty else { return [] }
        var admitted = entry
        admitted.path = components.joined(separator: "/")
        let kind = try admit(&admitted, at: components)
        let parents = try parents(of: components, entry)
        if let standing = kinds[admitted.path], standing != kind {
            throw ArchiveError(.unsafe, "stands for two different things", entry: entry.path)
        }
        kinds[admitted.path] = kind
        return parents + [admitted]
    }

    private mutating func count() throws(ArchiveError) {
        entries += 1
        guard entries <= limits.entries else {
            throw ArchiveError(.tooLarge, "it has more than \(limits.entries) entries")
        }
    }

    private mutating func admit(
        _ entry: inout ArchiveEntry, at components: [String]
    ) throws(ArchiveError) -> Kind {
        // No set-id bits: who owns what is unpacked is another matter.
        entry.mode &= 0o777
        switch entry.kind {
        case .directory:
            entry.mode |= 0o700
            return .directory
        case .file(let size):
            guard size >= 0, size <= limits.bytes.bytes - bytes else {
                throw ArchiveError(
                    .tooLarge, "it expands to more than \(limits.bytes)")
            }
            bytes += size
            return .file
        case .symlink(let target):
            if links == .inside { try check(target, of: entry, depth: components.count - 1) }
            return .link
        case .hardlink(let target):
            let original = try self.components(of: target, in: entry).joined(separator: "/")
            guard kinds[original] == .file else {
                throw ArchiveError(
                    .unsafe, "is a hard link to something that is no file before it",
                    entry: entry.path)
            }
            entry.kind = .hardlink(target: original)
            return .file
        case .special:
            throw ArchiveError(
                .unsafe, "is neither file, directory nor link", entry: entry.path)
        }
    }

    private func components(
        of path: String, in entry: ArchiveEntry
    ) throws(ArchiveError) -> [String] {
        let components = path.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !path.hasPrefix("/"), !components.contains("..") else {
            throw ArchiveError(.unsafe, "leaves the destination", entry: entry.path)
        }
        guard path.utf8.count < 4096, components.allSatisfy({ $0.utf8.count < 256 }) else {
            throw ArchiveError(.unreadable, "has too long a name", entry: entry.path)
        }
        return Array(components.dropFirst(stripping))
    }

    private func check(
        _ target: String, of entry: ArchiveEntry, depth: Int
    ) throws(ArchiveError) {
        let components = target.split(separator: "/").filter { $0 != "." }
        let climbs = components.prefix { $0 == ".." }.count
        guard !target.isEmpty, !target.hasPrefix("/"), climbs <= depth,
            !components.dropFirst(climbs).contains("..")
        else {
            throw ArchiveError(
                .unsafe, "is a link that leads, or may lead, out of the destination",
                entry: entry.path)
        }
    }

    private mutating func parents(
        of components: [String], _ entry: ArchiveEntry
    ) throws(ArchiveError) -> [ArchiveEntry] {
        var made: [ArchiveEntry] = []
        for length in 1..<max(1, components.count) {
            let parent = components.prefix(length).joined(separator: "/")
            switch kinds[parent] {
            case .directory: continue
            case .file, .link:
                throw ArchiveError(
                    .unsafe, "would be written through `\(parent)`", entry: entry.path)
            case nil:
                // One name may imply two thousand directories.
                try count()
                kinds[parent] = .directory
                made.append(
                    ArchiveEntry(
                        path: parent, kind: .directory, mode: 0o755, modified: entry.modified))
            }
        }
        return made
    }
}

/// Where the symbolic links of an archive may lead.
public enum LinkTargets: Hashable, Sendable {
    /// To what is, or could be, below the destination.
    case inside
    /// Wherever they led where they were taken from.
    case anywhere
}
