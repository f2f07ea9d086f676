import Age
import Archive
import Vocabulary

/// Looks at one object of a snapshot.
struct ObjectInspection: Sendable {
    let object: ManifestObject
    let manifest: Manifest
    let repository: any Repository
    let pipeline: ObjectPipeline
    let owners: Owners

    private var key: ObjectKey { object.key }

    private func finding(_ message: String) -> SnapshotFinding {
        SnapshotFinding(snapshot: manifest.id, object: key, message: message)
    }

    func lookAtSize() async throws -> SnapshotFinding? {
        guard let size = try await repository.size(of: key) else {
            return finding(RepositoryError.missing(key).diagnostic.message)
        }
        guard size != object.stored.size else { return nil }
        return finding(
            size < object.stored.size
                ? "\(key) is truncated: it has \(size) bytes of \(object.stored.size)"
                : "\(key) is not what was stored there: it has \(size) bytes and should have "
                    + "\(object.stored.size)")
    }

    func read(_ depth: SnapshotVerification.Depth) async throws -> SnapshotFinding? {
        // What is shorter or longer need not be read; what took the place of another is told by
        // what it is.
        if try await repository.size(of: key) == nil {
            return finding(RepositoryError.missing(key).diagnostic.message)
        }
        switch depth {
        case .structure: return try await lookAtSize()
        case .stored: return try await proveStored()
        case .readable(let keyring):
            do {
                return try await proveReadable(keyring)
            } catch let error where !(error is CancellationError) {
                // That the bytes are not those that were stored says more.
                if let found = try await proveStored() { return found }
                switch error {
                case AgeError.noMatch, AgeError.passphraseNeeded, AgeError.passphraseWrong:
                    throw error
                case RepositoryError.unavailable: throw error
                case let error as PipelineError: return finding(error.diagnostic.message)
                default:
                    let reason = BackupDiagnostics.describe(error)?.message ?? "\(error)"
                    return finding("\(key) cannot be read to its end: \(reason)")
                }
            }
        }
    }

    private func proveStored() async throws -> SnapshotFinding? {
        do {
            try await pipeline.proveStored(object, in: repository)
            return nil
        } catch let error as PipelineError {
            guard case .storedDiffers(_, _, let found) = error else { throw error }
            if let owner = owners[found] {
                return finding("\(key) was exchanged: here lies \(owner)")
            }
            guard found.size >= object.stored.size else {
                return finding(
                    "\(key) is truncated: it has \(found.size) bytes of \(object.stored.size)")
            }
            return finding(error.diagnostic.message)
        } catch let error as RepositoryError {
            switch error {
            case .missing, .cut: return finding(error.diagnostic.message)
            case .exists, .tooLarge, .retained, .unavailable: throw error
            }
        }
    }

    private func proveReadable(_ keyring: Keyring) async throws -> SnapshotFinding? {
        switch object.content {
        case .globals, .archive:
            _ = try await pipeline.proveReadable(
                object, in: repository, with: keyring, observedBy: NoObserver())
            return nil
        case .preData, .tables, .rest, .postData:
            let reader = try await pipeline.proveReadable(
                object, in: repository, with: keyring, observedBy: DumpReader())
            return compare(reader)
        }
    }

    /// The rows of each table with those of the manifest.
    private func compare(_ reader: DumpReader) -> SnapshotFinding? {
        let expected = manifest.databases.flatMap(\.tables).filter { $0.object == key }
        let found = reader.tables.map { entry, rows in
            TableSummary(schema: entry.namespace ?? "", name: entry.tag, rows: rows, object: key)
        }
        let differing = Set(expected).symmetricDifference(found).map { "\($0.schema).\($0.name)" }
        guard !differing.isEmpty else { return nil }
        let names = Set(differing).sorted().prefix(10).map(\.visible).joined(separator: ", ")
        return finding("in \(key) the rows of \(names) are not those of the manifest")
    }
}
