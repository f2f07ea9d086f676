import Age
public import Archive
import Loop
import Postgres
import Vocabulary

/// Makes a snapshot: of each database of an environment as of one moment, and of its
/// configuration sets.
///
/// It is there once its manifest is, which is written last of all, when every object has been read
/// again where it lies. Whatever goes wrong before leaves no snapshot.
public struct SnapshotCreation: Sendable {
    public var environment: BackupEnvironment
    public var sources: [DatabaseSource]
    public var repository: any Repository
    public var signer: SigningKey
    /// Whose manifests the new one may name as the one before it, beside the signer's own.
    public var trusted: Set<VerifyingKey>
    /// finflowctl's.
    public var version: String
    /// pg_dump and its like; those that are found here without it.
    public var programs: [PostgresPrograms]?
    public var places = PostgresPrograms.Places()
    /// How many databases are dumped at once. The moments are the same for all.
    public var parallel = 2
    /// How long a dump waits for a lock that somebody else holds.
    public var lockWait = Duration.seconds(60)
    public var compression = ZstdOptions()

    public init(
        environment: BackupEnvironment, sources: [DatabaseSource], repository: any Repository,
        signer: SigningKey, trusted: Set<VerifyingKey> = [], version: String,
        programs: [PostgresPrograms]? = nil
    ) {
        self.environment = environment
        self.sources = sources
        self.repository = repository
        self.signer = signer
        self.trusted = trusted
        self.version = version
        self.programs = programs
    }

    private var pipeline: ObjectPipeline { ObjectPipeline(compression: compression) }
    private var recipients: [Recipient] { environment.settings.recipients }

    /// - Throws: ``SnapshotError``, ``RepositoryError``, ``PipelineError``, `PostgresError`; in
    ///   words by ``BackupDiagnostics/describe(_:subject:)``.
    public func run(_ events: @escaping BackupEvents) async throws -> CreatedSnapshot {
        try refuseRemoteSets()
        let before = try await SnapshotCatalogue.read(
            from: repository, trusting: trusted.union([signer.publicKey]))
        for problem in before.problems { events(.warning(problem.diagnostic.sentence)) }
        let id = SnapshotID()
        events(.began(id))
        do {
            return try await SnapshotLease.with(id, for: "create", in: repository) { lease in
                try await make(id, lease, events)
            }
        } catch {
            await removeRemains(of: id)
            throw error
        }
    }

    private func refuseRemoteSets() throws(SnapshotError) {
        for set in environment.settings.sets where set.hosts != nil {
            throw .set(
                name: set.name,
                reason: "files of other hosts (`hosts:`) cannot be backed up yet; without it "
                    + "they are this machine's")
        }
    }

    private func make(
        _ id: SnapshotID, _ lease: SnapshotLease, _ events: @escaping BackupEvents
    ) async throws -> CreatedSnapshot {
        let began = Timestamp.now
        let installed = try await installedPrograms()
        var tools = ["finflowctl": version]
        let databases = try await withSessions(events) { sessions in
            try await dump(sessions, installed, id, lease, &tools, events)
        }
        var sets: [ConfigurationSnapshot] = []
        for set in environment.settings.sets {
            let archive = SetArchive(
                set: set, id: id, repository: repository, recipients: recipients,
                pipeline: pipeline, events: events)
            sets.append(try await archive.run())
        }
        try await lease.renewIfDue()
        let objects = databases.flatMap(\.objects) + sets.flatMap(\.objects)
        try await StoredProof(repository: repository, pipeline: pipeline, events: events)
            .prove(objects)
        try await retain(objects.map(\.key))
        try await RecoveryGuide.write(to: repository)
        return try await conclude(
            Manifest(
                id: id, environment: environment.name, began: began,
                ended: max(began, .now), host: Operator.current.address, tools: tools,
                recipients: recipients.map { "\($0)" }, previous: nil, databases: databases,
                sets: sets))
    }

    private func installedPrograms() async throws -> [PostgresPrograms] {
        if let programs { return programs }
        return sources.isEmpty ? [] : try await PostgresPrograms.installed(in: places)
    }

    // MARK: Databases

    /// Takes the snapshots of all databases, as near to one moment as it can.
    private func withSessions<Value: Sendable>(
        _ events: @escaping BackupEvents, _ body: ([SnapshotSession]) async throws -> Value
    ) async throws -> Value {
        let connections = try await sources.concurrently(sources.count) { source in
            events(.database(source.name, .connecting))
            return try await SubjectError.about("database \(source.name)") {
                try await SnapshotSession.connect(to: source, lockWait: lockWait)
            }
        }
        do {
            let value = try await Self.withTransactions(on: connections[...]) {
                let sessions = try await Array(zip(sources, connections))
                    .concurrently(sources.count) { source, connection in
                        try await SubjectError.about("database \(source.name)") {
                            try await SnapshotSession(source, connection)
                        }
                    }
                try checkSkew(sessions)
                return try await body(sessions)
            }
            for connection in connections { await connection.close() }
            return value
        } catch {
            for connection in connections { await connection.close() }
            throw error
        }
    }

    private static func withTransactions<Value: Sendable>(
        on connections: ArraySlice<PostgresConnection>, _ body: () async throws -> Value
    ) async throws -> Value {
        guard let first = connections.first else { return try await body() }
        return try await first.withTransaction(isolation: .repeatableRead, readOnly: true) { _ in
            try await withTransactions(on: connections.dropFirst(), body)
        }
    }

    private func checkSkew(_ sessions: [SnapshotSession]) throws(SnapshotError) {
        guard let first = sessions.min(by: { $0.time < $1.time }),
            let last = sessions.max(by: { $0.time < $1.time })
        else { return }
        let apart = last.time - first.time
        let limit = environment.settings.skew.seconds
        guard apart <= limit else {
            throw .skew(
                .init(
                    apart: apart, limit: limit, first: first.source.name,
                    last: last.source.name))
        }
    }

    private func dump(
        _ sessions: [SnapshotSession], _ installed: [PostgresPrograms], _ id: SnapshotID,
        _ lease: SnapshotLease, _ tools: inout [String: String], _ events: @escaping BackupEvents
    ) async throws -> [DatabaseSnapshot] {
        let chosen = try sessions.map { session in
            (session, try PostgresPrograms.choose(from: installed, for: session.server))
        }
        for (_, programs) in chosen { tools["pg_dump \(programs.major)"] = programs.version }
        return try await chosen.concurrently(parallel) { session, programs in
            let source = session.source
            return try await SubjectError.about("database \(source.name)") {
                let snapshot = try await PostgresConnection.withConnection(source.settings) {
                    try await DatabaseDump(
                        session: session,
                        watch: TableWatch(database: source.name, connection: $0),
                        programs: programs, id: id, repository: repository,
                        recipients: recipients, pipeline: pipeline, lockWait: lockWait,
                        events: events
                    ).run()
                }
                try await lease.renewIfDue()
                return snapshot
            }
        }
    }

    // MARK: The end

    /// Where the store can keep objects from being deleted.
    private func retain(_ keys: [ObjectKey]) async throws {
        guard let lock = environment.settings.repository.lock else { return }
        let until = Timestamp(seconds: Timestamp.now.seconds + Int(lock.seconds))
        for key in keys { _ = try await repository.retain(key, until: until) }
    }

    /// Writes the manifest, and after it the record of what was proven.
    private func conclude(_ manifest: Manifest) async throws -> CreatedSnapshot {
        try Task.checkCancellation()
        var manifest = manifest
        // Others may have been made meanwhile.
        let catalogue = try await SnapshotCatalogue.read(
            from: repository, trusting: trusted.union([signer.publicKey]))
        manifest.previous = catalogue.entries.last { $0.manifest.id < manifest.id }?.link
        let document = try SignedDocument(manifest.json, with: signer)
        try await repository.create(manifest.id.manifestKey, document.bytes)
        try await retain([manifest.id.manifestKey])
        let link = ManifestLink(id: manifest.id, sha256: document.sha256)
        let record = VerificationRecord(
            manifest: link, level: .stored, time: .now, host: Operator.current.address,
            version: version, objects: manifest.objects.count,
            bytes: manifest.objects.reduce(0) { $0 + $1.stored.size }, problems: [])
        let signed = try SignedDocument(record.json, with: signer)
        try await repository.create(manifest.id.key("stored.json"), signed.bytes)
        return CreatedSnapshot(manifest: manifest, link: link)
    }

    /// Takes away what a run has written that did not come to its end. What cannot be removed is
    /// debris, which `prune` removes: it is no snapshot.
    private func removeRemains(of id: SnapshotID) async {
        await Task { [repository] in
            do {
                // The answer to its writing may have been lost.
                guard try await repository.size(of: id.manifestKey) == nil else { return }
                for object in try await repository.list("snapshots/\(id)/") {
                    try await repository.delete(object.key)
                }
            } catch {
                // Then it stays: whoever runs this is told why the snapshot failed.
            }
        }.value
    }
}

/// A snapshot that has just been made.
public struct CreatedSnapshot: Sendable {
    public var manifest: Manifest
    public var link: ManifestLink
}
