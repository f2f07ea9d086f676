/// The snapshots of a repository, each of which names the one before it.
///
/// A pure check of what was read: who signed each, whether each lies where it says, and whether
/// the chain from the newest back is whole but for what was pruned. That the *newest* ones were
/// taken away shows only to somebody who remembers them: `remembered` are links that an earlier
/// look at the repository, or the state store, knows of.
public struct SnapshotChain: Sendable {
    /// A manifest as it was found.
    public struct Found: Sendable {
        /// The folder that it lies in.
        public var id: SnapshotID
        public var bytes: [UInt8]

        public init(id: SnapshotID, bytes: [UInt8]) {
            self.id = id
            self.bytes = bytes
        }
    }

    public enum Problem: Hashable, Sendable {
        /// Nobody who is trusted signed it as it is.
        case notGenuine(SnapshotID, SigningError)
        /// It is signed and no manifest, or one of a later version.
        case unreadable(SnapshotID, DocumentError)
        /// It is the genuine manifest of another snapshot, put here.
        case misplaced(SnapshotID, of: SnapshotID)
        /// It was pruned, and is there again.
        case replayed(SnapshotID)
        /// Another one was signed under its name than the one that is named, or was remembered.
        case exchanged(SnapshotID, namedBy: SnapshotID?)
        /// It is not there and was not pruned.
        case missing(SnapshotID, namedBy: SnapshotID?)
        /// It names one before it that is not older.
        case disordered(SnapshotID)
        /// Two name the same one before them: two were made at once, or one of them is not ours.
        case forked([SnapshotID], at: SnapshotID)
    }

    /// Those that are genuine and lie where they belong, oldest first.
    public private(set) var snapshots: [(manifest: Manifest, link: ManifestLink)] = []
    public private(set) var problems: [Problem] = []

    public init(
        _ found: [Found], pruned: [PruneRecord] = [], remembered: [ManifestLink] = [],
        trusting keys: Set<VerifyingKey>
    ) {
        let removed = Set(pruned.flatMap(\.removed))
        for one in found.sorted(by: { $0.id < $1.id }) {
            do throws(Trouble) {
                let (manifest, link) = try Self.read(one, trusting: keys)
                guard !removed.contains(link) else { throw Trouble(.replayed(one.id)) }
                snapshots.append((manifest, link))
            } catch {
                problems.append(error.problem)
            }
        }
        checkLinks(removed, known: Set(found.map(\.id)))
        for link in remembered {
            check(link, namedBy: nil, removed: removed, known: Set(found.map(\.id)))
        }
        checkForks()
    }

    /// What the next manifest names.
    public var newest: ManifestLink? { snapshots.last?.link }

    private struct Trouble: Error {
        var problem: Problem
        init(_ problem: Problem) { self.problem = problem }
    }

    private static func read(
        _ found: Found, trusting keys: Set<VerifyingKey>
    ) throws(Trouble) -> (Manifest, ManifestLink) {
        let document: SignedDocument
        do throws(SigningError) {
            document = try SignedDocument(found.bytes, trusting: keys)
        } catch {
            throw Trouble(.notGenuine(found.id, error))
        }
        let manifest: Manifest
        do throws(DocumentError) {
            manifest = try Manifest(try document.json())
        } catch {
            throw Trouble(.unreadable(found.id, error))
        }
        guard manifest.id == found.id else {
            throw Trouble(.misplaced(found.id, of: manifest.id))
        }
        return (manifest, ManifestLink(id: manifest.id, sha256: document.sha256))
    }

    private mutating func checkLinks(_ removed: Set<ManifestLink>, known: Set<SnapshotID>) {
        for (manifest, _) in snapshots {
            guard let previous = manifest.previous else { continue }
            guard previous.id < manifest.id else {
                problems.append(.disordered(manifest.id))
                continue
            }
            check(previous, namedBy: manifest.id, removed: removed, known: known)
        }
    }

    private mutating func check(
        _ link: ManifestLink, namedBy id: SnapshotID?, removed: Set<ManifestLink>,
        known: Set<SnapshotID>
    ) {
        if snapshots.contains(where: { $0.link == link }) || removed.contains(link) { return }
        if snapshots.contains(where: { $0.link.id == link.id }) {
            problems.append(.exchanged(link.id, namedBy: id))
        } else if !known.contains(link.id) {
            problems.append(.missing(link.id, namedBy: id))
        }
        // One that is there and was refused has been told of.
    }

    private mutating func checkForks() {
        var followers: [SnapshotID: [SnapshotID]] = [:]
        for (manifest, _) in snapshots {
            if let previous = manifest.previous {
                followers[previous.id, default: []].append(manifest.id)
            }
        }
        for (id, ids) in followers.sorted(by: { $0.key < $1.key }) where ids.count > 1 {
            problems.append(.forked(ids, at: id))
        }
    }
}
