import Age
import Backup
import Glibc
import Lab
import Loop
import Playbook
import Postgres
import Synchronization
import Testing
import Vocabulary

/// A database on the shared server, a directory as the repository, and the keys.
struct CreationBench: Sendable {
    let lab: PostgresLab
    /// A directory of its own.
    let root: String
    /// On the server.
    let database: String
    let identity = Identity()
    let signer = SigningKey()

    /// For all tests that do not break it: each of them takes a dozen sessions.
    private static let one = Task {
        try await PostgresLab.start(.init(settings: ["max_connections = 600"]))
    }

    /// - Parameter sql: what is in the database.
    static func with(
        _ sql: String = "", on server: PostgresLab? = nil,
        _ body: (CreationBench) async throws -> Void
    ) async throws {
        try await Places.shared.with { try await withPlace(sql, on: server, body) }
    }

    private static func withPlace(
        _ sql: String, on server: PostgresLab?, _ body: (CreationBench) async throws -> Void
    ) async throws {
        let lab = if let server { server } else { try await one.value }
        let database = "bench \"\(UInt32.random(in: 0...UInt32.max))'é"
        try await withDirectory { root in
            let bench = CreationBench(lab: lab, root: root, database: database)
            try await bench.run(
                "CREATE DATABASE \(try quoteIdentifier(database))", in: "postgres")
            let result: Result<Void, any Error>
            do {
                if !sql.isEmpty { try await bench.run(sql) }
                result = .success(try await body(bench))
            } catch {
                result = .failure(error)
            }
            try await bench.run(
                "DROP DATABASE \(try quoteIdentifier(database)) WITH (FORCE)", in: "postgres")
            try result.get()
        }
    }

    var repository: DirectoryRepository { DirectoryRepository(root: "\(root)/repository") }
    var keyring: Keyring { Keyring(identities: [identity]) }

    func settings(_ name: String? = nil, user: String? = nil) -> PostgresSettings {
        PostgresSettings(
            host: "127.0.0.1", port: lab.port, database: name ?? database,
            user: user ?? PostgresLab.superuser)
    }

    func run(_ sql: String, in name: String? = nil) async throws {
        try await PostgresConnection.withConnection(settings(name)) { try await $0.runScript(sql) }
    }

    func number(_ sql: String) async throws -> Int {
        try await PostgresConnection.withConnection(settings()) {
            try await $0.query(sql).value()
        }
    }

    /// environment.yaml with what is said of backups.
    func environment(_ more: String = "") throws -> BackupEnvironment {
        let folder = "\(root)/Playbooks/environments/test"
        var path = ""
        for part in folder.split(separator: "/") {
            path += "/\(part)"
            mkdir(path, 0o755)
        }
        unlink("\(folder)/environment.yaml")
        try FileCalls.create(
            "\(folder)/environment.yaml",
            Array(
                """
                databases: { main: {}, other: {} }
                backup:
                  repository: \(root)/repository
                  recipients: [\(identity.recipient)]
                \(more)
                """.utf8), mode: 0o644)
        let sections = try EnvironmentSections.of(environment: "test", root: "\(root)/Playbooks")
        return try BackupEnvironment(
            named: "test", databases: sections["databases"], backup: sections["backup"],
            file: sections.file)
    }

    func creation(
        _ more: String = "", user: String? = nil, jobs: Int = 2, in place: (any Repository)? = nil
    ) throws -> SnapshotCreation {
        SnapshotCreation(
            environment: try environment(more),
            sources: [DatabaseSource(name: "main", settings: settings(user: user), jobs: jobs)],
            repository: place ?? repository, signer: signer, version: "test")
    }

    func catalogue() async throws -> SnapshotCatalogue {
        try await SnapshotCatalogue.read(from: repository, trusting: [signer.publicKey])
    }

    /// All files of the repository, but for what is one of the repository itself.
    func keys() async throws -> [String] {
        try await repository.list("").map(\.key.path).filter { $0 != "RECOVER.md" }
    }

    /// Programs of which pg_dump is a script; in it `"$REAL"` is the real one, `$PORT` the
    /// server's port, `"$TARGET"` leads to the database.
    func programs(dump script: String) async throws -> [PostgresPrograms] {
        let folder = "\(root)/programs"
        mkdir(folder, 0o755)
        for program in PostgresPrograms.Program.allCases {
            let real = "\(PostgresLab.programs)/\(program.rawValue)"
            let text =
                program == .dump
                ? "#!/bin/bash\nREAL=\(real) PORT=\(lab.port)\nTARGET=\(target)\n"
                    + "[ \"$1\" = --version ] && exec \"$REAL\" --version\n\(script)\n"
                : "#!/bin/bash\nexec \(real) \"$@\"\n"
            // By another process: a program that is started meanwhile would inherit ours as open,
            // and what is open for writing cannot be executed.
            let written = try await ChildProcess.collect(
                Command(
                    "sh", ["-c", "cat >\"$0\"; chmod 755 \"$0\"", "\(folder)/\(program.rawValue)"]),
                input: Array(text.utf8))
            #expect(written.exit.isSuccess, "\(written.errorText)")
        }
        var places = PostgresPrograms.Places()
        places.versions = "/nonexistent"
        places.path = folder
        return try await PostgresPrograms.installed(in: places)
    }

    /// A word of a shell.
    private var target: String {
        let name = database.replacing("'", with: "\\'")
        let conninfo = "host=127.0.0.1 port=\(lab.port) user=postgres dbname='\(name)'"
        return "'" + conninfo.replacing("'", with: "'\\''") + "'"
    }
}

/// Keeps all events.
final class Witness: Sendable {
    private let seen = Mutex<[BackupEvent]>([])

    func take(_ event: BackupEvent) { seen.withLock { $0.append(event) } }

    var warnings: [String] {
        seen.withLock { $0 }.compactMap { if case .warning(let text) = $0 { text } else { nil } }
    }

    /// The rows that were told of each table.
    var tables: [String: Int] {
        var rows: [String: Int] = [:]
        for case .table(_, let name, let count, _) in seen.withLock({ $0 }) { rows[name] = count }
        return rows
    }

    var bytes: Int {
        seen.withLock { $0 }.reduce(0) {
            if case .bytes(_, let count) = $1 { $0 + count } else { $0 }
        }
    }
}

/// What an error says to an operator.
func words(_ error: (any Error)?) -> String {
    guard let error, let diagnostic = BackupDiagnostics.describe(error) else {
        return "\(String(describing: error))"
    }
    return [diagnostic.code.id, diagnostic.subject, diagnostic.message, diagnostic.hint]
        .compactMap(\.self).joined(separator: " | ")
}
