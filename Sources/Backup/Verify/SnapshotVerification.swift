public import Age
import Archive
import Loop
public import Vocabulary

/// Checks snapshots where they lie, says exactly what is wrong, and records how far each is proven.
public struct SnapshotVerification: Sendable {
    /// How closely objects are looked at.
    public enum Depth: Sendable {
        /// That they are there, with the size that they should have.
        case structure
        /// So many percent of them are read again and hashed; others each day, so that in a
        /// hundred percent's days all have been.
        case stored(percent: Int)
        /// All are decrypted, decompressed and parsed to their end, and rows are compared.
        case readable(Keyring)

        var level: VerificationLevel {
            if case .readable = self { .readable } else { .stored }
        }
    }

    /// What came of it.
    public struct Report: Sendable {
        public var findings: [SnapshotFinding] = []
        /// How many objects, and of how many stored bytes, were looked at.
        public var objects = 0
        public var bytes = 0
        /// What was proven of which snapshot.
        public var records: [VerificationRecord] = []
    }

    public var repository: any Repository
    /// Signs the records; without it none is written.
    public var signer: SigningKey?
    /// finflowctl's.
    public var version: String
    /// Decides which part of the objects it is today's turn of.
    public var now = Timestamp.now

    private let pipeline = ObjectPipeline()
    private static let width = 2

    public init(repository: any Repository, signer: SigningKey?, version: String) {
        self.repository = repository
        self.signer = signer
        self.version = version
    }

    /// - Parameters:
    ///   - entries: those of the catalogue that are meant.
    ///   - catalogue: of the whole repository.
    /// - Throws: what keeps it from looking: a repository that does not answer, a key that opens
    ///   nothing. What it finds is no error.
    public func run(
        _ entries: [SnapshotCatalogue.Entry], of catalogue: SnapshotCatalogue, _ depth: Depth,
        _ events: @escaping BackupEvents
    ) async throws -> Report {
        var report = Report()
        for problem in catalogue.problems {
            guard problem.isFinding else {
                events(.warning(problem.diagnostic.sentence))
                continue
            }
            report.findings.append(
                SnapshotFinding(snapshot: problem.snapshot, object: nil, message: problem.diagnostic.sentence))
        }
        for key in catalogue.unusableRecords {
            report.findings.append(
                SnapshotFinding(
                    snapshot: nil, object: key,
                    message: "the record \(key) is not signed by anybody who is trusted"))
        }
        let turn = Turn(entries, depth, now)
        events(.proving(objects: turn.keys.count, bytes: turn.bytes))
        let owners = Owners(catalogue)
        for entry in entries {
            try Task.checkCancellation()
            try await look(at: entry, depth, turn, owners, &report, events)
        }
        return report
    }

    private func look(
        at entry: SnapshotCatalogue.Entry, _ depth: Depth, _ turn: Turn, _ owners: Owners,
        _ report: inout Report, _ events: @escaping BackupEvents
    ) async throws {
        let manifest = entry.manifest
        let due = Set(manifest.objects.map(\.key).filter(turn.keys.contains))
        let findings = try await manifest.objects.concurrently(Self.width) { object in
            let inspection = ObjectInspection(
                object: object, manifest: manifest, repository: repository, pipeline: pipeline,
                owners: owners)
            let found =
                due.contains(object.key)
                ? try await inspection.read(depth) : try await inspection.lookAtSize()
            if due.contains(object.key) {
                events(.proved(object.key, bytes: object.stored.size))
            }
            return found
        }.compactMap(\.self)
        let read = manifest.objects.filter { due.contains($0.key) }
        let bytes = read.reduce(0) { $0 + $1.stored.size }
        report.findings += findings
        report.objects += read.count
        report.bytes += bytes
        let isWhole = read.count == manifest.objects.count && !depth.isStructure
        guard isWhole || !findings.isEmpty, let signer else { return }
        let record = VerificationRecord(
            manifest: entry.link, level: depth.level, time: now, host: Operator.current.address,
            version: version, objects: read.count, bytes: bytes,
            problems: findings.map(\.message))
        let signed = try SignedDocument(record.json, with: signer)
        try await repository.create(manifest.id.recordKey(depth.level), signed.bytes)
        report.records.append(record)
    }
}

extension SnapshotVerification.Depth {
    fileprivate var isStructure: Bool {
        if case .structure = self { true } else { false }
    }
}

/// The objects whose turn it is.
private struct Turn {
    private(set) var keys: Set<ObjectKey> = []
    private(set) var bytes = 0

    init(
        _ entries: [SnapshotCatalogue.Entry], _ depth: SnapshotVerification.Depth, _ now: Timestamp
    ) {
        let objects = entries.flatMap(\.manifest.objects)
        let total = objects.reduce(0) { $0 + $1.stored.size }
        var share = 0..<total
        switch depth {
        case .structure: return
        case .readable: break
        case .stored(let percent) where percent < 100:
            // A window that goes on by its own width each day, and begins again at the end.
            let width = max(1, total * max(1, percent) / 100)
            let count = max(1, (total + width - 1) / width)
            let start = now.seconds / 86_400 % count * width
            share = start..<min(total, start + width)
        case .stored: break
        }
        var offset = 0
        for object in objects {
            let end = offset + object.stored.size
            if offset < share.upperBound, end > share.lowerBound {
                keys.insert(object.key)
                bytes += object.stored.size
            }
            offset = end
        }
    }
}

/// Whose bytes have which hash: an object in another's place is known by them.
struct Owners: Sendable {
    private var keys: [StoredObject: ObjectKey] = [:]

    init(_ catalogue: SnapshotCatalogue) {
        for entry in catalogue.entries {
            for object in entry.manifest.objects { keys[object.stored] = object.key }
        }
    }

    subscript(stored: StoredObject) -> ObjectKey? { keys[stored] }
}
