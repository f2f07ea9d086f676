import Glibc
import Loop
import Postgres

/// A PostgreSQL server for one drill, new and empty, that nobody else can reach: a socket in a
/// directory of its own, no port. It ends with the drill, and with this process.
struct ScratchServer: Sendable {
    let settings: PostgresSettings
    let programs: PostgresPrograms

    static let superuser = "postgres"
    private static let messageLimit = 4 << 10

    /// - Parameters:
    ///   - major: PostgreSQL's version that the snapshot was dumped from.
    ///   - place: a directory with room for all that is restored.
    static func with<Value: Sendable>(
        major: Int, among installed: [PostgresPrograms], in place: String,
        _ body: (ScratchServer) async throws -> Value
    ) async throws -> Value {
        let programs = try await choose(major, installed)
        let directory = try await ScratchDirectory.make(in: place)
        let result: Result<Value, any Error>
        do {
            try await initialize(directory, programs)
            result = .success(try await run(in: directory, programs, body))
        } catch {
            result = .failure(explained(error, place))
        }
        // Also in a task that was cancelled: what it needs is to be taken away.
        try await Task { try await directory.remove() }.value
        return try result.get()
    }

    private static func choose(
        _ major: Int, _ installed: [PostgresPrograms]
    ) async throws -> PostgresPrograms {
        let found = await BlockingPool.shared.run {
            installed.filter { programs in
                ["initdb", "postgres"].allSatisfy {
                    access("\(programs.directory)/\($0)", X_OK) == 0
                }
            }
        }
        guard let programs = found.first(where: { $0.major == major }) else {
            throw DrillError.noServer(major: major, found: found.map(\.version))
        }
        return programs
    }

    private static func initialize(
        _ directory: ScratchDirectory, _ programs: PostgresPrograms
    ) async throws {
        let result = try await ChildProcess.collect(
            command(
                directory,
                [
                    "\(programs.directory)/initdb", "--pgdata=\(directory.data)",
                    "--username=\(superuser)", "--encoding=UTF8", "--locale=C.UTF-8",
                    "--auth=trust", "--no-sync", "--no-instructions",
                ]))
        guard result.exit.isSuccess else {
            throw DrillError.serverFailed(
                step: "initdb", message: String(result.errorText.suffix(messageLimit)))
        }
    }

    /// As the account that it is to be run by; it ends at once, with its shared memory, when this
    /// process does.
    private static func command(_ directory: ScratchDirectory, _ words: [String]) -> Command {
        let account =
            directory.account.map { ["--reuid", $0, "--regid", group(of: $0), "--init-groups"] }
        return Command(
            "setpriv", (account ?? []) + ["--pdeathsig", "QUIT"] + words,
            environment: PostgresPrograms.environment(nil), directory: directory.path,
            grace: .seconds(20))
    }

    private static func group(of account: String) -> String {
        getpwnam(account).map { "\($0.pointee.pw_gid)" } ?? account
    }

    private static func run<Value: Sendable>(
        in directory: ScratchDirectory, _ programs: PostgresPrograms,
        _ body: (ScratchServer) async throws -> Value
    ) async throws -> Value {
        var words = ["\(programs.directory)/postgres", "-D", directory.data]
        for (name, value) in configuration(directory) { words += ["-c", "\(name)=\(value)"] }
        return try await ChildProcess.withRunning(command(directory, words)) { child in
            try await waitUntilReady(child)
            let settings = PostgresSettings(
                host: directory.path, port: 5432, database: "postgres", user: superuser)
            let log = ServerLog()
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await log.read(from: child) }
                let result: Result<Value, any Error>
                do {
                    result = .success(
                        try await body(ScratchServer(settings: settings, programs: programs)))
                } catch {
                    result = .failure(error)
                }
                let hasDied = log.hasEnded
                // No smart shutdown: nobody needs what is in it.
                await child.signal(SIGQUIT)
                // All that it had to say has come then.
                try await group.next()
                try log.check(FileCalls.folder(of: directory.path), hasDied: hasDied)
                return try result.get()
            }
        }
    }

    /// Nothing of it outlives the drill: it need not be safe, only fast.
    private static func configuration(_ directory: ScratchDirectory) -> [(String, String)] {
        [
            ("listen_addresses", ""), ("unix_socket_directories", directory.path),
            ("unix_socket_permissions", "0700"), ("port", "5432"), ("fsync", "off"),
            ("synchronous_commit", "off"), ("full_page_writes", "off"), ("wal_level", "minimal"),
            ("max_wal_senders", "0"), ("autovacuum", "off"), ("max_wal_size", "1GB"),
            ("shared_buffers", "128MB"), ("maintenance_work_mem", "128MB"),
            ("dynamic_shared_memory_type", "mmap"), ("log_checkpoints", "off"),
            ("max_connections", "100"), ("logging_collector", "off"),
        ]
    }

    private static func waitUntilReady(_ child: ChildProcess) async throws {
        var log = ""
        while let chunk = try await child.read() {
            guard case .error(let bytes) = chunk else { continue }
            log += String(decoding: bytes, as: UTF8.self)
            if log.contains("is ready to accept connections") { return }
        }
        throw DrillError.serverFailed(step: "postgres", message: String(log.suffix(messageLimit)))
    }

    /// What comes of a full disk comes in many shapes, and says nothing of the snapshot.
    private static func explained(_ error: any Error, _ place: String) -> any Error {
        let message: String
        switch error {
        case let error as PostgresError where error.sqlState == .diskFull: message = error.message
        case PipelineError.programFailed(_, _, let text): message = text
        case DrillError.serverFailed(_, let text): message = text
        case let error as SubjectError: return explained(error.cause, place)
        case let error as PostgresError: message = error.message
        default: return error
        }
        return message.contains("No space left on device")
            ? DrillError.noRoom(place: place, message: String(message.prefix(500))) : error
    }
}
