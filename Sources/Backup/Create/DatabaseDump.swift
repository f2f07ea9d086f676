import Age
import Postgres
import Vocabulary

/// Makes the objects of one database from a session that holds its snapshot.
struct DatabaseDump: Sendable {
    let session: SnapshotSession
    let watch: TableWatch
    let programs: PostgresPrograms
    let id: SnapshotID
    let repository: any Repository
    let recipients: [Recipient]
    let pipeline: ObjectPipeline
    let lockWait: Duration
    let events: BackupEvents

    /// What became of one run of pg_dump.
    private struct Part: Sendable {
        var object: ManifestObject
        var tables: [TableSummary] = []
    }

    private var source: DatabaseSource { session.source }

    func run() async throws -> DatabaseSnapshot {
        let tables = session.tables
        events(
            .planned(
                database: source.name, tables: tables.count,
                bytes: tables.reduce(0) { $0 + $1.size }))
        events(.database(source.name, .dumping))
        var password: PasswordFile?
        if let secret = source.settings.password { password = try await PasswordFile(secret) }
        var parts = try await dumpAll(tables, password)
        events(.database(source.name, .checking))
        parts.sort { $0.object.key < $1.object.key }
        let summaries = parts.flatMap(\.tables).sorted {
            ($0.schema, $0.name) < ($1.schema, $1.name)
        }
        try await compare(summaries)
        events(.database(source.name, .done))
        return DatabaseSnapshot(
            name: source.name, serverVersion: "\(session.server)", lsn: session.lsn,
            time: Timestamp(seconds: Int(session.time)), objects: parts.map(\.object),
            tables: summaries)
    }

    /// All of them at once: what waits for a lock of somebody else's must not keep the others
    /// from having theirs, nor the snapshot longer than it must.
    private func dumpAll(
        _ tables: [DumpTable], _ password: PasswordFile?
    ) async throws -> [Part] {
        let named = tables.filter { $0.isExpressible(inUTF8: session.isUTF8) }
        let unnamed = tables.filter { !$0.isExpressible(inUTF8: session.isUTF8) }
        return try await withThrowingTaskGroup(of: Part.self) { group in
            for (index, some) in named.balanced(into: source.jobs).enumerated() {
                group.addTask {
                    try await dump(
                        .tables, as: "tables/\(String(index + 1).leftPadded(to: 4)).dump", some,
                        ["--data-only", "--strict-names"] + some.map { "--table=\($0.pattern)" },
                        password)
                }
            }
            group.addTask {
                try await dump(
                    .preData, as: "pre-data.dump", [], ["--create", "--section=pre-data"],
                    password)
            }
            group.addTask {
                try await dump(
                    .rest, as: "rest.dump", unnamed,
                    ["--section=data"] + named.map { "--exclude-table-data=\($0.pattern)" },
                    password)
            }
            group.addTask {
                try await dump(
                    .postData, as: "post-data.dump", [], ["--create", "--section=post-data"],
                    password)
            }
            group.addTask { try await globals(password) }
            var parts: [Part] = []
            for try await part in group { parts.append(part) }
            return parts
        }
    }

    // MARK: Programs

    /// - Parameter tables: whose rows are to be in it.
    private func dump(
        _ content: ManifestObject.Content, as name: String, _ tables: [DumpTable],
        _ arguments: [String], _ password: PasswordFile?
    ) async throws -> Part {
        let command = programs.command(
            .dump,
            [
                "--format=custom", "--compress=0", "--snapshot=\(session.snapshot)",
                "--lock-wait-timeout=\(Int(lockWait.seconds * 1000))",
            ] + arguments, to: source.settings, password: password)
        let key = try key(name)
        let observer = DumpObserver(
            database: source.name,
            sizes: Dictionary(tables.map { ($0.shown, $0.size) }) { first, _ in first },
            events: events)
        do {
            let result = try await ProgramOutput.with(command) { output in
                // It writes its first byte when it has all of its locks.
                let guarded = GuardedPieces(source: output) { try await watch.check(tables) }
                return try await pipeline.store(
                    guarded, as: key, in: repository, to: recipients, observedBy: observer)
            }
            events(.stored(key, plain: result.plain.size, stored: result.stored.size))
            return Part(
                object: ManifestObject(
                    key: key, content: content, plain: result.plain, stored: result.stored),
                tables: result.observer.reader.tables.map { entry, rows in
                    TableSummary(
                        schema: entry.namespace ?? "", name: entry.tag, rows: rows, object: key)
                })
        } catch let error as PipelineError {
            // What became of the tables says more than that one could not be locked.
            if case .programFailed = error { try await watch.check(tables) }
            throw error
        }
    }

    /// Roles and tablespaces. Password hashes never come along, whoever asks.
    private func globals(_ password: PasswordFile?) async throws -> Part {
        let command = programs.command(
            .dumpAll,
            [
                "--globals-only", "--no-role-passwords",
                "--lock-wait-timeout=\(Int(lockWait.seconds * 1000))",
            ], to: source.settings, password: password)
        let key = try key("globals.sql")
        let result = try await ProgramOutput.with(command) { output in
            try await pipeline.store(output, as: key, in: repository, to: recipients)
        }
        events(.stored(key, plain: result.plain.size, stored: result.stored.size))
        return Part(
            object: ManifestObject(
                key: key, content: .globals, plain: result.plain, stored: result.stored))
    }

    private func key(_ name: String) throws(SnapshotError) -> ObjectKey {
        guard let part = ObjectKey.part(of: source.name) else {
            throw .noKey(database: source.name)
        }
        return id.key("\(part)/\(name).zst.age")
    }

    // MARK: Comparing

    /// - Throws: ``SnapshotError/incomplete(database:_:)``
    private func compare(_ summaries: [TableSummary]) async throws {
        let rows = Dictionary(
            summaries.map { ("\($0.schema).\($0.name)", $0.rows.count) }) { $0 + $1 }
        // What has another encoding than ours is there under a name that we cannot read.
        let known = session.tables.filter { $0.isExpressible(inUTF8: session.isUTF8) }
        let missing = known.filter { rows[$0.shown] == nil }
        let empty = try await session.occupied(of: known.filter { rows[$0.shown] == 0 })
        let gaps =
            missing.map { TableGap(table: $0.shown, kind: .missing) }
            + empty.map { TableGap(table: $0.shown, kind: .empty) }
        guard gaps.isEmpty else {
            throw SnapshotError.incomplete(database: source.name, gaps)
        }
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String {
        String(repeating: "0", count: max(0, width - count)) + self
    }
}
