import Age
import Backup
import Glibc
import Lab
import Loop
import Playbook
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

    /// The database as a script, without the words that differ each time, and with the rows of
    /// each table sorted: a table has no order.
    func script(of database: String) async throws -> String {
        let result = try await pgDump(database, ["--create"])
        guard result.exit.isSuccess else { throw Refused(message: result.errorText) }
        var lines: [Substring] = []
        var rows: [Substring]?
        for line in result.outputText.split(separator: "\n", omittingEmptySubsequences: false)
        where !line.hasPrefix("\\restrict") && !line.hasPrefix("\\unrestrict") {
            if line == "\\.", let sorted = rows?.sorted() {
                lines += sorted
                rows = nil
            }
            if rows != nil { rows?.append(line) } else { lines.append(line) }
            if line.hasPrefix("COPY "), line.hasSuffix(" FROM stdin;") { rows = [] }
        }
        return lines.joined(separator: "\n")
    }

    func pgDump(_ database: String, _ arguments: [String]) async throws -> CollectedOutput {
        try await ChildProcess.collect(dumping(database, arguments))
    }

    func dumping(_ database: String, _ arguments: [String]) -> Command {
        let environment = PostgresPrograms.environment(nil)
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
    let root: String
    let repository: DirectoryRepository
    let identity = Identity()
    let signer = SigningKey()

    /// - Parameter root: a directory of the test's own.
    init(_ root: String) {
        self.root = root
        repository = DirectoryRepository(root: "\(root)/repository")
    }

    var keyring: Keyring { Keyring(identities: [identity]) }
    var reader: SnapshotReader { SnapshotReader(repository, with: keyring) }
    var trusted: Set<VerifyingKey> { [signer.publicKey] }

    func catalogue() async throws -> SnapshotCatalogue {
        try await SnapshotCatalogue.read(from: repository, trusting: trusted)
    }

    func entry(_ id: SnapshotID) async throws -> SnapshotCatalogue.Entry {
        guard let entry = try await catalogue()[id] else { throw Refused(message: "no \(id)") }
        return entry
    }

    /// - Parameter databases: by the names that the environment has for them: theirs on the server.
    func snapshot(
        of databases: [String: String], on lab: PostgresLab
    ) async throws -> Manifest {
        let environment = try environment(databases, lab)
        return try await SnapshotCreation(
            environment: environment,
            sources: databases.sorted { $0.key < $1.key }.map { name, database in
                DatabaseSource(name: name, settings: lab.settings(database))
            }, repository: repository, signer: signer, version: "test"
        ).run { _ in }.manifest
    }

    private func environment(
        _ databases: [String: String], _ lab: PostgresLab
    ) throws -> BackupEnvironment {
        var lines = ["databases:"]
        for name in databases.keys.sorted() {
            lines.append("  \(name): { host: 127.0.0.1, port: \(lab.port), user: postgres }")
        }
        lines += [
            "backup:", "  repository: \(root)/repository", "  recipients: [\(identity.recipient)]",
        ]
        let folder = "\(root)/Playbooks/environments/test"
        try makeFolders(folder)
        try write(lines.joined(separator: "\n") + "\n", to: "\(folder)/environment.yaml")
        let sections = try EnvironmentSections.of(environment: "test", root: "\(root)/Playbooks")
        return try BackupEnvironment(
            named: "test", databases: sections["databases"], backup: sections["backup"],
            file: sections.file)
    }
}

func makeFolders(_ path: String) throws {
    var folder = ""
    for part in path.split(separator: "/") {
        folder += "/\(part)"
        if mkdir(folder, 0o755) != 0, errno != EEXIST { throw SystemError(errno, in: "mkdir") }
    }
}

func write(_ text: String, to path: String) throws {
    unlink(path)
    try FileCalls.create(path, Array(text.utf8), mode: 0o644)
}
