import Backup
import Glibc
import Lab
import Loop
import Postgres
import Testing
import Vocabulary

/// The built `finflowctl` with an environment `staging` of one database, run as an operator does.
struct BackupProgram: Sendable {
    let lab: PostgresLab
    /// Its home directory, with everything in it.
    let root: String
    static let password = "s3cret: fi\\sh'\"x"

    var repository: String { "\(root)/repository" }

    /// - Parameters:
    ///   - sql: what is in the database `payments`.
    ///   - isLocked: whether its login needs a password, which stands in secrets.age.
    static func with(
        _ sql: String, isLocked: Bool = false, _ body: (BackupProgram) async throws -> Void
    ) async throws {
        try await Places.shared.with { try await withPlace(sql, isLocked, body) }
    }

    private static func withPlace(
        _ sql: String, _ isLocked: Bool, _ body: (BackupProgram) async throws -> Void
    ) async throws {
        var options = PostgresLab.Options()
        if isLocked {
            options.access = ["local all all trust", "host all all 127.0.0.1/32 scram-sha-256"]
        }
        let lab = try await PostgresLab.start(options)
        do {
            try await withDirectory { root in
                let program = BackupProgram(lab: lab, root: root)
                try await program.prepare(sql, isLocked)
                try await body(program)
            }
        } catch {
            await lab.stop()
            throw error
        }
        await lab.stop()
    }

    /// By the UNIX socket, which needs no password.
    var settings: PostgresSettings {
        PostgresSettings(
            host: lab.folder, port: lab.port, database: "payments", user: PostgresLab.superuser)
    }

    private func prepare(_ sql: String, _ isLocked: Bool) async throws {
        var first = settings
        first.database = "postgres"
        let literal = try quoteLiteral(Self.password)
        try await PostgresConnection.withConnection(first) {
            try await $0.runScript("CREATE DATABASE payments")
        }
        try await PostgresConnection.withConnection(settings) {
            try await $0.runScript(sql)
            try await $0.runScript("CREATE ROLE backup_login SUPERUSER LOGIN PASSWORD \(literal)")
        }
        var path = root
        for part in ["Playbooks", "environments", "staging"] {
            path += "/\(part)"
            mkdir(path, 0o755)
        }
        let recipient = try await run("secrets", "keygen").output.split(separator: "\n")
        let credential = isLocked ? ", credential: payments_backup" : ""
        try FileCalls.create(
            "\(path)/environment.yaml",
            Array(
                """
                databases:
                  payments: { host: 127.0.0.1, port: \(lab.port), user: backup_login\(credential) }
                backup:
                  repository: \(repository)
                  recipients: [\(try #require(recipient.first))]
                  signing_key: \(root)/signing.key
                """.utf8), mode: 0o644)
        if isLocked {
            let key = try #require(recipient.first)
            #expect(
                try await run("secrets", "recipients", "add", "\(key)", "--env", "staging").status
                    == 0)
            let set = try await ChildProcess.collect(
                command(["secrets", "set", "payments_backup", "--env", "staging"]),
                input: Array(Self.password.utf8))
            #expect(set.exit.isSuccess, "\(set.errorText)")
        }
    }

    struct Outcome: Sendable {
        var status: Int32?
        var output: String
        var error: String

        init(_ result: CollectedOutput) {
            if case .status(let number) = result.exit { status = number }
            output = result.outputText
            error = result.errorText
        }

        /// The records of `--json`.
        var records: [JSON] {
            output.split(separator: "\n").compactMap { try? JSON(parsing: String($0)) }
        }
    }

    static var path: String { get throws { try BuiltProgram.path("finflowctl") } }

    func command(_ arguments: [String]) throws -> Command {
        var environment = ["HOME": root, "FINFLOW_PLAYBOOKS": "\(root)/Playbooks"]
        for name in ["PATH", "USER"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return Command(try Self.path, arguments, environment: environment)
    }

    func run(_ arguments: String...) async throws -> Outcome {
        Outcome(try await ChildProcess.collect(command(arguments)))
    }

    /// Of `backup`, in the environment.
    func backup(_ arguments: String...) async throws -> Outcome {
        Outcome(
            try await ChildProcess.collect(command(["backup"] + arguments + ["--env", "staging"])))
    }

    /// A script of bash in which `"$0"` is the program.
    func shell(_ script: String) async throws -> Outcome {
        var command = try command(["-c", script, try Self.path])
        command.program = "bash"
        return Outcome(try await ChildProcess.collect(command))
    }

    /// Makes the key that signs.
    func initialize() async throws {
        let made = try await backup("key", "init")
        try #require(made.status == 0, "\(made.error)")
    }

    func snapshots() async throws -> [String] {
        let list = try await backup("list", "--json")
        #expect(list.status == 0, "\(list.error)")
        return list.records.compactMap { $0["snapshot"]?.string }
    }
}
