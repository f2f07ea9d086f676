import Age
import Loop
import Postgres
public import Vocabulary

/// Restores a snapshot into a server of its own that nobody else can reach, compares what is there
/// with the manifest, and says how long it took: the only proof that a backup is one.
///
/// Nothing is left of it, however it ends; what a killed drill has left the next one takes away.
public struct SnapshotDrill: Sendable {
    public var entry: SnapshotCatalogue.Entry
    public var reader: SnapshotReader
    /// Programs of PostgreSQL, of which those of the snapshot's version must have a server.
    public var installed: [PostgresPrograms]
    /// A directory with room for all that is restored.
    public var place: String
    public var reconciliations: [Reconciliation] = []
    /// How many pg_restore fill a database at once.
    public var jobs = 2

    public init(
        of entry: SnapshotCatalogue.Entry, from reader: SnapshotReader,
        programs installed: [PostgresPrograms], in place: String = "/var/tmp"
    ) {
        self.entry = entry
        self.reader = reader
        self.installed = installed
        self.place = place
    }

    /// What a drill has found.
    public struct Findings: Sendable {
        /// From the first object that was read until the last table was proven.
        public var timeToRecover: Duration
        public var databases: [SnapshotRestore.Restored] = []
        public var problems: [String] = []
        /// Each that was asked, and whether both sides answered alike.
        public var reconciliations: [(name: String, isAlike: Bool)] = []
        /// Databases whose reconciliations could not be asked, for they are not in the snapshot.
        public var missing: [String] = []
    }

    /// - Throws: ``DrillError`` and others for what says nothing of the snapshot: no server of
    ///   its version, no room, no key that opens it.
    public func run(
        _ events: @escaping @Sendable (RestoreEvent) -> Void = { _ in }
    ) async throws -> Findings {
        var findings = Findings(timeToRecover: .zero)
        let versions = Set(entry.manifest.databases.map(\.majorVersion))
        let began = ContinuousClock.now
        for major in versions.sorted() {
            let some = try await ScratchServer.with(
                major: major, among: installed, in: place
            ) { scratch in try await drill(on: scratch, major, events) }
            findings.add(some)
        }
        for object in entry.manifest.sets.flatMap(\.objects) {
            try await findings.noting("\(object.key)") {
                try await reader.explaining(object) {
                    for try await _ in ErasedPieces(try await reader.read(object)) {
                        try Task.checkCancellation()
                    }
                }
            }
        }
        if versions.isEmpty { findings.timeToRecover = ContinuousClock.now - began }
        return findings
    }

    /// A record of what was found, signed, beside the manifest.
    public func record(
        _ findings: Findings, signedBy signer: SigningKey, version: String,
        at time: Timestamp = .now
    ) async throws -> VerificationRecord {
        let objects = entry.manifest.objects
        let record = VerificationRecord(
            manifest: entry.link, level: .restored, time: time, host: Operator.current.address,
            version: version, objects: objects.count,
            bytes: objects.reduce(0) { $0 + $1.stored.size }, problems: findings.problems)
        try await reader.repository.create(
            entry.manifest.id.recordKey(.restored),
            SignedDocument(record.json, with: signer).bytes)
        return record
    }

    private func drill(
        on scratch: ScratchServer, _ major: Int,
        _ events: @escaping @Sendable (RestoreEvent) -> Void
    ) async throws -> Findings {
        var findings = Findings(timeToRecover: .zero)
        let server = try await RestoreServer(scratch.settings, installed: [scratch.programs])
        var settings: [String: PostgresSettings] = [:]
        var taken: Set<String> = []
        let began = ContinuousClock.now
        for database in entry.manifest.databases where database.majorVersion == major {
            try await findings.noting("database \(database.name)") {
                // Those of several servers may have the same name.
                let own = try await reader.definition(of: database, by: server).name
                let target = taken.insert(own).inserted ? own : database.name
                var restore = SnapshotRestore(
                    of: entry.manifest, from: reader,
                    [.init(database: database.name, server: server, target: target, jobs: jobs)])
                restore.gathersStatistics = false
                return (try await restore.run(events), target)
            }.map { restored, target in
                findings.databases += restored
                settings[database.name] = server.settings(for: target)
            }
        }
        findings.timeToRecover = ContinuousClock.now - began
        for database in entry.manifest.databases {
            guard let target = settings[database.name]?.database else { continue }
            let comparison = SchemaComparison(reader: reader, server: server, database: target)
            for content in [ManifestObject.Content.preData, .postData] {
                let difference = try await comparison.difference(from: database.object(content))
                if let difference {
                    findings.problems.append(
                        "database \(database.name): its definitions differ: \(difference)")
                }
            }
        }
        try await reconcile(settings, &findings)
        return findings
    }

    private func reconcile(
        _ databases: [String: PostgresSettings], _ findings: inout Findings
    ) async throws {
        for reconciliation in reconciliations {
            let check = ReconciliationCheck(reconciliation: reconciliation, databases: databases)
            switch try await check.run() {
            case .alike: findings.reconciliations.append((reconciliation.name, true))
            case .different(let difference):
                findings.reconciliations.append((reconciliation.name, false))
                findings.problems.append("reconciliation \(reconciliation.name): \(difference)")
            case .notAsked(let database): findings.missing.append(database)
            }
        }
    }
}

extension SnapshotDrill.Findings {
    fileprivate mutating func add(_ other: Self) {
        timeToRecover += other.timeToRecover
        databases += other.databases
        problems += other.problems
        reconciliations += other.reconciliations
        missing += other.missing
    }

    private static func words(_ error: any Error) -> String {
        guard let diagnostic = BackupDiagnostics.describe(error) else { return "\(error)" }
        return diagnostic.sentence + (diagnostic.hint.map { ": \($0)" } ?? "")
    }

    /// Runs `body`; an error that is about the snapshot becomes a problem of it.
    fileprivate mutating func noting<Value>(
        _ subject: String, _ body: () async throws -> Value
    ) async throws -> Value? {
        do {
            return try await body()
        } catch let error where error.isOfSnapshot {
            problems.append("\(subject): \(Self.words(error))")
            return nil
        }
    }
}

extension Error {
    /// Whether it tells of what lies in the repository, not of where it was to go.
    fileprivate var isOfSnapshot: Bool {
        switch self as any Error {
        case PipelineError.programFailed(_, _, let message):
            !message.contains("No space left on device")
        case is PipelineError, is DumpError, is RestoreError: true
        case RepositoryError.missing, RepositoryError.cut: true
        default: false
        }
    }
}

extension DatabaseSnapshot {
    /// `15`
    var majorVersion: Int { Int(serverVersion.prefix { $0.isNumber }) ?? 0 }
}
