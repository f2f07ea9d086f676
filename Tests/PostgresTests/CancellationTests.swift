import Lab
import LabTraits
import Loop
import Postgres
import Testing
import Vocabulary

@Suite(.postgres, .timeLimit(.minutes(5))) struct CancellationTests {
    private static let statements: [@Sendable (PostgresConnection) async throws -> Void] = [
        { _ = try await $0.query("select pg_sleep(600)") },
        { _ = try await $0.query("select i, repeat('x', 100) from generate_series(1, 50000) i") },
        {
            for try await _ in $0.rows(
                "select i, repeat('x', 100) from generate_series(1, 50000) i")
            {}
        },
        {
            for try await _ in $0.copyOut(
                "copy (select repeat('x', 100) from generate_series(1, 100000) i) to stdout")
            {}
        },
        { connection in
            try await connection.copyIn(
                "copy sink from stdin",
                from: connection.neverEnding())
        },
        {
            try await $0.withTransaction { connection in
                try await connection.execute("insert into sink values ('x')")
                try await connection.withTransaction { connection in
                    try await connection.execute("insert into sink values ('y')")
                    _ = try await connection.query("select pg_sleep(0.002)")
                }
            }
        },
        { _ = try await $0.query("select 1") },
        { try await $0.runScript("select 1; select pg_sleep(0.001); select 2") },
    ]

    @Test func `After a cancellation at any moment a connection works or is closed`() async throws {
        var random = SeededGenerator(seed: 99)
        let lab = try await PostgresLab.shared()
        let settings = lab.settings { $0.applicationName = "cancelled-at-random" }
        var connection = try await PostgresConnection.connect(settings)
        try await withSession { try await $0.execute("create table sink (t text)") }
        var cancelled = 0
        for round in 0..<(Slice.isLong ? 2000 : 120) {
            let statement = Self.statements[round % Self.statements.count]
            let moment = Duration.microseconds(Int.random(in: 0...6000, using: &random))
            let task = Task { [connection] in try await statement(connection) }
            // A random moment, not a wait for something.
            try await Task.sleep(for: moment)
            task.cancel()
            do {
                try await task.value
            } catch is CancellationError {
                cancelled += 1
            }
            guard await connection.isOpen else {
                connection = try await PostgresConnection.connect(settings)
                continue
            }
            let echo: Int = try await connection.query("select $1", [.integer(round)]).value()
            #expect(echo == round)
            // The server warns of a transaction that is open already.
            _ = await connection.takeNotices()
            try await connection.runScript("begin; commit")
            #expect(await connection.takeNotices() == [])
        }
        #expect(cancelled > 20)
        try await withSession { observer in
            let mine = try await connection.backendID
            try await eventually {
                try await observer.query(
                    """
                    select count(*) = 0 from pg_stat_activity
                    where application_name = 'cancelled-at-random' and pid <> $1
                    """, [.integer32(mine)]
                ).value()
            }
            let state: String = try await observer.query(
                "select state from pg_stat_activity where pid = $1", [.integer32(mine)]
            ).value()
            #expect(state == "idle")
            try await observer.execute("drop table sink")
        }
        await connection.close()
    }

    @Test func `A statement that waits for its turn is cancelled without a trace`() async throws {
        try await withSession { connection in
            let slow = Task { try await connection.query("select pg_sleep(0.3)") }
            let waiting = Task { try await connection.query("select 1") }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { _ = try await waiting.value }
            _ = try await slow.value
            #expect(try await connection.query("select 1").value() == 1)
        }
    }

    @Test func `A server that does not end a cancelled statement loses the connection`()
        async throws
    {
        try await withLab { lab in
            let connection = try await PostgresConnection.connect(lab.settings())
            let process = try await connection.backendID
            let task = Task { try await connection.query("select pg_sleep(600)") }
            try await PostgresConnection.withConnection(lab.settings()) { other in
                try await eventually {
                    try await other.query(
                        "select wait_event = 'PgSleep' from pg_stat_activity where pid = $1",
                        [.integer32(process)]
                    ).value(as: Bool?.self) == true
                }
            }
            try await signal(process, "STOP")
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
            #expect(await connection.isOpen == false)
            try await signal(process, "KILL")
        }
    }
}

func signal(_ process: Int32, _ name: String) async throws {
    let result = try await ChildProcess.collect(Command("kill", ["-\(name)", "\(process)"]))
    try #require(result.exit.isSuccess)
}

extension PostgresConnection {
    fileprivate nonisolated func neverEnding() -> AsyncStream<[UInt8]> {
        AsyncStream { Array(repeating: UInt8(ascii: "x"), count: 1000) + [UInt8(ascii: "\n")] }
    }
}
