import Age
import Backup
import Lab
import Loop
import Postgres
import Vocabulary

extension PostgresLab {
    func settings(_ database: String = "postgres") -> PostgresSettings {
        PostgresSettings(
            host: "127.0.0.1", port: port, database: database, user: Self.superuser)
    }

    func with<Value: Sendable>(
        _ database: String = "postgres", _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await PostgresConnection.withConnection(settings(database), body)
    }

    func run(_ sql: String, in database: String = "postgres") async throws {
        try await with(database) { try await $0.runScript(sql) }
    }

    func server() async throws -> RestoreServer {
        try await RestoreServer(
            settings(), installed: try await PostgresPrograms.installed())
    }

    /// The database as a script, without the words that differ each time.
    func script(of database: String, _ arguments: [String] = ["--create"]) async throws -> String {
        let result = try await pgDump(database, arguments)
        guard result.exit.isSuccess else { throw Refused(message: result.errorText) }
        return result.outputText.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("\\restrict") && !$0.hasPrefix("\\unrestrict") }
            .joined(separator: "\n")
    }

    func pgDump(_ database: String, _ arguments: [String]) async throws -> CollectedOutput {
        try await ChildProcess.collect(dumping(database, arguments))
    }

    func dumping(_ database: String, _ arguments: [String]) -> Command {
        var environment = PostgresPrograms.environment(nil)
        environment["PGTZ"] = "UTC"
        let name = database.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        return Command(
            "\(Self.programs)/pg_dump",
            ["-h", "127.0.0.1", "-p", "\(port)", "-U", Self.superuser] + arguments
                + ["dbname='\(name)'"], environment: environment)
    }
}

struct Refused: Error {
    var message: String
}

/// A directory with snapshots, and the keys of them.
struct TestRepository: Sendable {
    let repository: DirectoryRepository
    let identity = Identity()
    let signer = SigningKey()

    init(_ root: String) {
        repository = DirectoryRepository(root: root)
    }

    var keyring: Keyring { Keyring(identities: [identity]) }
    var reader: SnapshotReader { SnapshotReader(repository, with: keyring) }

    /// A snapshot of databases that nobody writes to meanwhile, cut as all snapshots are.
    func snapshot(
        of databases: [String], on lab: PostgresLab, id: SnapshotID = SnapshotID()
    ) async throws -> Manifest {
        var all: [DatabaseSnapshot] = []
        for database in databases { all.append(try await dump(database, lab, id)) }
        let manifest = Manifest(
            id: id, environment: "test", began: id.time, ended: .now, host: "test@test",
            tools: [:], recipients: ["\(identity.recipient)"], previous: nil, databases: all,
            sets: [])
        let document = try SignedDocument(manifest.json, with: signer)
        try await repository.create(key("snapshots/\(id)/manifest.json"), document.bytes)
        return manifest
    }

    private func key(_ path: String) throws -> ObjectKey {
        guard let key = ObjectKey(path) else { throw Refused(message: path) }
        return key
    }

    private func dump(
        _ database: String, _ lab: PostgresLab, _ id: SnapshotID
    ) async throws -> DatabaseSnapshot {
        let folder = "snapshots/\(id)/\(ObjectKey.part(of: database) ?? "")"
        var snapshot = DatabaseSnapshot(
            name: database, serverVersion: "15.20", lsn: LogPosition(0), time: .now, objects: [],
            tables: [])
        func add(
            _ content: ManifestObject.Content, _ name: String, _ command: Command
        ) async throws {
            let key = try key("\(folder)/\(name).zst.age")
            try await ProgramOutput.with(command) { output in
                if content == .globals {
                    let result = try await ObjectPipeline().store(
                        output, as: key, in: repository, to: [identity.recipient])
                    snapshot.objects.append(
                        ManifestObject(
                            key: key, content: content, plain: result.plain, stored: result.stored))
                    return
                }
                let result = try await ObjectPipeline().store(
                    output, as: key, in: repository, to: [identity.recipient],
                    observedBy: DumpReader())
                snapshot.objects.append(
                    ManifestObject(
                        key: key, content: content, plain: result.plain, stored: result.stored))
                for table in result.observer.tables {
                    snapshot.tables.append(
                        TableSummary(
                            schema: table.entry.namespace ?? "", name: table.entry.tag,
                            rows: table.rows, object: key))
                }
            }
        }
        try await add(
            .globals, "globals.sql",
            Command(
                "\(PostgresLab.programs)/pg_dumpall",
                ["-h", "127.0.0.1", "-p", "\(lab.port)", "-U", PostgresLab.superuser, "-g",
                    "--no-role-passwords"]))
        let custom = ["--format=custom", "--compress=0"]
        try await add(
            .preData, "pre-data.dump", lab.dumping(database, custom + ["--section=pre-data"]))
        let tables = try await lab.with(database) { connection in
            try await connection.query(
                """
                SELECT format('%I.%I', nspname, relname) FROM pg_class c
                JOIN pg_namespace n ON n.oid = relnamespace
                WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')
                ORDER BY 1
                """
            ).map { try $0.decode(at: 0, as: String.self) }
        }
        let halves = [0, 1].map { half in
            tables.enumerated().filter { $0.offset % 2 == half }.map(\.element)
        }
        for (number, names) in halves.enumerated() where !names.isEmpty {
            try await add(
                .tables, "tables/000\(number)",
                lab.dumping(database, custom + ["--data-only"] + names.map { "--table=\($0)" }))
        }
        try await add(
            .rest, "rest.dump",
            lab.dumping(
                database, custom + ["--section=data"] + tables.map { "--exclude-table-data=\($0)" }))
        try await add(
            .postData, "post-data.dump", lab.dumping(database, custom + ["--section=post-data"]))
        return snapshot
    }
}
