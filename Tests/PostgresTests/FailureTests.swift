import Glibc
import Lab
import LabTraits
import Postgres
import Testing
import Vocabulary

@Suite(.postgres, .timeLimit(.minutes(1))) struct FailureTests {
    private func failing(_ settings: PostgresSettings) async throws -> PostgresError {
        try await postgresError { _ = try await PostgresConnection.connect(settings) }
    }

    @Test func `A port where nobody listens refuses`() async throws {
        let error = try await failing(
            PostgresSettings(host: "127.0.0.1", port: 1, database: "d", user: "u"))
        #expect(error.failure == .refused)
        #expect(error.isTransient)
        #expect(error.description.hasPrefix("127.0.0.1:1: Connection refused"))
        #expect(error.diagnostic().code == .postgresUnreachable)
    }

    @Test func `A directory without a server's socket refuses`() async throws {
        let error = try await failing(
            PostgresSettings(host: "/nonexistent", database: "d", user: "u"))
        #expect(error.failure == .refused)
    }

    @Test func `A name without an address is told from a server that is down`() async throws {
        let error = try await failing(
            PostgresSettings(host: "db.invalid", database: "d", user: "u"))
        #expect(error.failure == .unknownHost)
        #expect(error.server == "db.invalid")
    }

    @Test func `A server that says nothing is given up at the time limit`() async throws {
        let listener = try SilentListener()
        var settings = PostgresSettings(
            host: "127.0.0.1", port: listener.port, database: "d", user: "u")
        settings.connectTimeout = .seconds(1)
        let error = try await failing(settings)
        #expect(error.failure == .timeout)
    }

    @Test func `Connecting can be cancelled`() async throws {
        let listener = try SilentListener()
        let settings = PostgresSettings(
            host: "127.0.0.1", port: listener.port, database: "d", user: "u")
        let task = Task { try await PostgresConnection.connect(settings) }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }

    @Test func `A database that does not exist is named`() async throws {
        let lab = try await PostgresLab.shared()
        let error = try await failing(lab.settings { $0.database = "no \"such\" dätabase" })
        #expect(error.failure == .unknownDatabase)
        #expect(error.sqlState == .unknownDatabase)
        #expect(error.message.contains("no \"such\" dätabase"))
        #expect(error.diagnostic().code == .postgresUnknownDatabase)
    }

    @Test func `A server that is full says so`() async throws {
        let options = PostgresLab.Options(settings: [
            "max_connections = 2", "superuser_reserved_connections = 0", "max_wal_senders = 0",
        ])
        try await withLab(options) { lab in
            let first = try await PostgresConnection.connect(lab.settings())
            let second = try await PostgresConnection.connect(lab.settings())
            let error = try await failing(lab.settings())
            #expect(error.failure == .tooManyConnections)
            #expect(error.sqlState == .tooManyConnections)
            // One that is closed makes room.
            await first.close()
            try await eventually {
                await (try? PostgresConnection.connect(lab.settings()))?.close() != nil
            }
            await second.close()
        }
    }

    @Test func `A server that recovers says so`() async throws {
        try await withLab(PostgresLab.Options(isRecovering: true)) { lab in
            try await eventually { try await failing(lab.settings()).failure != .refused }
            let error = try await failing(lab.settings())
            #expect(error.failure == .startingUp)
            #expect(error.sqlState == .cannotConnectNow)
            #expect(error.isTransient)
        }
    }

    @Test func `Settings that libpq does not know or that contradict each other are refused`()
        async throws
    {
        let lab = try await PostgresLab.shared()
        let changes: [@Sendable (inout PostgresSettings) -> Void] = [
            { $0["colour"] = "blue" },
            { $0["sslmode"] = "sometimes" },
            { $0["port"] = "http" },
            {
                $0["host"] = "a,b,c"; $0["port"] = "1,2"
            },
            { $0["target_session_attrs"] = "fast" },
            { $0["connect_timeout"] = "soon" },
            { $0.user = "a\0b" },
        ]
        for change in changes {
            let error = try await failing(lab.settings(change))
            #expect(error.kind == .settings || error.failure == .unreachable, "\(error)")
        }
    }
}

/// Listens, and never accepts.
final class SilentListener: Sendable {
    let port: UInt16
    private let number: Int32

    init() throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (number, size) = (number, length)
        let result = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(number, name, size) == 0 && listen(number, 8) == 0
                    ? getsockname(number, name, &length) : -1
            }
        }
        try #require(result == 0)
        port = UInt16(bigEndian: name.sin_port)
    }

    deinit {
        close(number)
    }
}
