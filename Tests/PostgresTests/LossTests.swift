import Lab
import LabTraits
import Postgres
import Testing
import Vocabulary

@Suite(.postgres, .timeLimit(.minutes(2))) struct LossTests {
    enum Use: CaseIterable {
        case query, rows, copyOut, copyIn, transaction, idle
    }

    private func use(_ use: Use, _ connection: PostgresConnection) async throws {
        switch use {
        case .query: _ = try await connection.query("select pg_sleep(600)")
        case .rows:
            for try await _ in connection.rows(
                "select pg_sleep(0.001) from generate_series(1, 600000)")
            {}
        case .copyOut:
            for try await _ in connection.copyOut(
                "copy (select pg_sleep(0.001) from generate_series(1, 600000)) to stdout")
            {}
        case .copyIn:
            // With pauses: a server that has always something to do does not look around.
            let source = AsyncStream<[UInt8]> {
                try? await Task.sleep(for: .milliseconds(1))
                return Array("x\n".utf8)
            }
            try await connection.copyIn("copy sink from stdin", from: source)
        case .transaction:
            try await connection.withTransaction { connection in
                _ = try await connection.query("select pg_sleep(600)")
            }
        case .idle:
            try await eventually { await connection.isOpen == false }
            _ = try await connection.query("select 1")
        }
    }

    private func busy(_ process: Int32, _ use: Use, _ lab: PostgresLab) async throws {
        guard use != .idle else { return }
        try await PostgresConnection.withConnection(lab.settings()) { observer in
            try await eventually {
                try await observer.query(
                    "select state = 'active' and query ~ 'sleep|copy' from pg_stat_activity where pid = $1",
                    [.integer32(process)]
                ).value(as: Bool?.self) == true
            }
        }
    }

    @Test func `A backend that is killed is a lost connection at once`() async throws {
        try await withLab { lab in
            for kind in Use.allCases {
                let connection = try await reconnect(to: lab)
                let process = try await connection.backendID
                async let outcome = postgresError { try await use(kind, connection) }
                try await busy(process, kind, lab)
                try await signal(process, "KILL")
                let error = try await outcome
                #expect(error.failure == .lost, "\(kind): \(error)")
                #expect(error.isTransient)
                #expect(error.diagnostic().code == .postgresLost)
                #expect(await connection.isOpen == false)
            }
        }
    }

    /// The server restarts itself after one of its processes was killed.
    private func reconnect(to lab: PostgresLab) async throws -> PostgresConnection {
        while true {
            do {
                let connection = try await PostgresConnection.connect(lab.settings())
                try await connection.runScript(
                    "drop table if exists sink; create table sink (t text)")
                return connection
            } catch let error as PostgresError where error.isTransient {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test func `So is one whose server is killed as a whole`() async throws {
        try await withLab { lab in
            _ = try await reconnect(to: lab)
            let errors = try await withThrowingTaskGroup(of: (Use, PostgresError).self) { group in
                for kind in Use.allCases {
                    let connection = try await PostgresConnection.connect(lab.settings())
                    let process = try await connection.backendID
                    group.addTask {
                        (kind, try await postgresError { try await use(kind, connection) })
                    }
                    try await busy(process, kind, lab)
                }
                // Its processes notice when they next wait for something.
                try await signal(try lab.postmaster, "KILL")
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(errors.count == Use.allCases.count)
            for (kind, error) in errors { #expect(error.failure == .lost, "\(kind): \(error)") }
            let refused = try await postgresError {
                _ = try await PostgresConnection.connect(lab.settings())
            }
            #expect(refused.failure == .refused)
        }
    }

    @Test func `An administrator who ends a session is named as the reason`() async throws {
        try await withSession { connection in
            let process = try await connection.backendID
            async let outcome = postgresError {
                _ = try await connection.query("select pg_sleep(600)")
            }
            try await withSession { observer in
                try await eventually {
                    try await observer.query(
                        "select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'",
                        [.integer32(process)]
                    ).count == 1
                }
            }
            let error = try await outcome
            #expect(error.failure == .lost)
            #expect(error.sqlState == .adminShutdown)
        }
    }
}
