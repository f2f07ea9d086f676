import Lab
import LabTraits
import Loop
import Postgres
import Testing
import Vocabulary

@Suite(.postgres, .timeLimit(.minutes(5))) struct StreamTests {
    /// Of this process, in MiB.
    static func peakMemory() throws -> Int {
        let status = try LocalSSHD.read("/proc/self/status")
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return try #require(line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }) >> 10
    }

    private static func settings(_ port: Int) -> PostgresSettings {
        PostgresSettings(
            host: "127.0.0.1", port: UInt16(port), database: "postgres", user: "postgres")
    }

    @Test func `A large result is read row by row in little memory`() async throws {
        let lab = try await PostgresLab.shared()
        // In a process of its own, whose memory no other test uses.
        await #expect(processExitsWith: .success) {
            [port = Int(lab.port) as Int, count = (Slice.isLong ? 1_000_000 : 100_000) as Int] in
            try await PostgresConnection.withConnection(StreamTests.settings(port)) { connection in
                let before = try StreamTests.peakMemory()
                var sum = 0
                var number = 0
                for try await row in connection.rows(
                    "select i, repeat('x', 500) as pad from generate_series(1, $1) i",
                    [.integer32(Int32(count))])
                {
                    sum += try row.decode("i", as: Int.self)
                    number += try row.decode("pad", as: String.self).utf8.count / 500
                }
                #expect(number == count)
                #expect(sum == count * (count + 1) / 2)
                #expect(try StreamTests.peakMemory() - before < 16)
                #expect(try await connection.query("select 1").value() == 1)
            }
        }
    }

    @Test func `COPY goes both ways in little memory`() async throws {
        let lab = try await PostgresLab.shared()
        await #expect(processExitsWith: .success) {
            [port = Int(lab.port) as Int, megabytes = (Slice.isLong ? 1024 : 64) as Int] in
            try await PostgresConnection.withConnection(StreamTests.settings(port)) { source in
                try await PostgresConnection.withConnection(StreamTests.settings(port)) { sink in
                    try await sink.execute("create temp table t (i bigint, pad text)")
                    let before = try StreamTests.peakMemory()
                    let rows = try await sink.copyIn(
                        "copy t from stdin",
                        from: source.copyOut(
                            """
                            copy (select i, repeat(chr(65 + i % 26), 1010)
                            from generate_series(1, \(megabytes) * 1024) i) to stdout
                            """))
                    #expect(rows == megabytes * 1024)
                    var size = 0
                    var largest = 0
                    for try await chunk in sink.copyOut("copy t to stdout (format binary)") {
                        size += chunk.count
                        largest = max(largest, chunk.count)
                    }
                    #expect(size == 19 + rows * (2 + 4 + 8 + 4 + 1010) + 2)
                    #expect(largest <= 256 << 10)
                    #expect(try StreamTests.peakMemory() - before < 16)
                    let sum = try await sink.query("select sum(i), sum(length(pad)) from t").one()
                    #expect(try sum.decode(at: 0) == rows * (rows + 1) / 2)
                    #expect(try sum.decode(at: 1) == rows * 1010)
                }
            }
        }
    }

    @Test func `A reader that is slow makes the server wait`() async throws {
        try await withSession { connection in
            let process = try await connection.backendID
            try await withSession { observer in
                var size = 0
                for try await chunk in connection.copyOut(
                    "copy (select repeat('x', 1000) from generate_series(1, 65536)) to stdout")
                {
                    if size == 0 {
                        try await eventually {
                            try await observer.query(
                                "select wait_event = 'ClientWrite' from pg_stat_activity where pid = $1",
                                [.integer32(process)]
                            ).value(as: Bool?.self) == true
                        }
                    }
                    size += chunk.count
                }
                #expect(size == 65536 * 1001)
            }
        }
    }

    @Test func `A server that is slow makes the source wait`() async throws {
        try await withSession { connection in
            try await withSession { locker in
                try await connection.execute("create table if not exists slow (t text)")
                try await locker.withTransaction { _ in
                    // A COPY into it starts, and waits with the first row.
                    try await connection.runScript(
                        """
                        create or replace function pg_temp.wait() returns trigger as
                        $$ begin perform pg_advisory_xact_lock(77); return new; end $$
                        language plpgsql;
                        create temp table waiting (t text);
                        create trigger wait before insert on waiting
                        for each row execute function pg_temp.wait()
                        """)
                    try await locker.execute("select pg_advisory_xact_lock(77)")
                    let source = CountedSource(chunks: 4096)
                    let copy = Task {
                        try await connection.copyIn("copy waiting from stdin", from: source)
                    }
                    let process = try await connection.backendID
                    try await eventually {
                        try await locker.query(
                            "select wait_event = 'advisory' from pg_stat_activity where pid = $1",
                            [.integer32(process)]
                        ).value(as: Bool?.self) == true
                    }
                    // Until the kernel's buffers are full: a second look finds no more taken.
                    var seen = -1
                    while await source.count.taken != seen {
                        seen = await source.count.taken
                        _ = try await locker.query("select pg_sleep(0.2)")
                    }
                    #expect(seen < 4096)
                    copy.cancel()
                    await #expect(throws: CancellationError.self) { _ = try await copy.value }
                }
                #expect(try await connection.query("select count(*) from waiting").value() == 0)
                try await connection.execute("drop table slow")
            }
        }
    }

    @Test func `A source that fails leaves no row, and the connection as it was`() async throws {
        struct Spoiled: Error {}
        try await withSession { connection in
            try await connection.execute("create temp table t (i int)")
            let source = AsyncThrowingStream<[UInt8], any Error> { continuation in
                continuation.yield(Array("1\n2\n".utf8))
                continuation.finish(throwing: Spoiled())
            }
            await #expect(throws: Spoiled.self) {
                try await connection.copyIn("copy t from stdin", from: source)
            }
            #expect(try await connection.query("select count(*) from t").value() == 0)
        }
    }

    @Test func `What the server refuses of a COPY is its error, with the row`() async throws {
        try await withSession { connection in
            try await connection.execute("create temp table t (i int)")
            let error = try await postgresError {
                try await connection.copyIn(
                    "copy t from stdin",
                    from: AsyncStream { continuation in
                        continuation.yield(Array("1\nx\n".utf8))
                        continuation.finish()
                    })
            }
            #expect(error.sqlState == .invalidTextRepresentation)
            #expect(error.report?.context?.contains("line 2") == true)
            let division = try await postgresError {
                for try await _ in connection.copyOut(
                    "copy (select 1/(1000 - i) from generate_series(1, 2000) i) to stdout")
                {}
            }
            #expect(division.sqlState == .divisionByZero)
            let rows = try await postgresError {
                for try await _ in connection.rows(
                    "select 1/(1000 - i) from generate_series(1, 2000) i")
                {}
            }
            #expect(rows.sqlState == .divisionByZero)
            #expect(try await connection.query("select 1").value() == 1)
        }
    }

    @Test func `A reader that leaves early ends the statement`() async throws {
        try await withSession { connection in
            for try await row in connection.rows("select generate_series(1, 100000000)") {
                if try row.decode(at: 0, as: Int.self) == 3 { break }
            }
            #expect(try await connection.query("select 1").value() == 1)
            for try await _ in connection.copyOut(
                "copy (select generate_series(1, 100000000)) to stdout")
            {
                break
            }
            #expect(try await connection.query("select 1").value() == 1)
        }
    }

    @Test func `A statement of a task that still reads rows is refused, not waited for for ever`()
        async throws
    {
        try await withSession { connection in
            var numbers: [Int] = []
            for try await row in connection.rows("select * from generate_series(1, 3)") {
                numbers.append(try row.decode(at: 0))
                if numbers == [1] {
                    // All rows are here, and the statement's end has not been asked for.
                    let error = try await postgresError { try await connection.execute("select 1") }
                    #expect(error.kind == .misuse)
                }
            }
            #expect(numbers == [1, 2, 3])
        }
    }

    @Test func `An empty result has no rows, and an empty COPY no chunks`() async throws {
        try await withSession { connection in
            for try await _ in connection.rows("select 1 where false") { Issue.record("a row") }
            for try await _ in connection.rows("set work_mem = '4MB'") { Issue.record("a row") }
            for try await _ in connection.copyOut("copy (select 1 where false) to stdout") {
                Issue.record("a chunk")
            }
            try await connection.execute("create temp table t (i int)")
            let none = try await connection.copyIn(
                "copy t from stdin", from: AsyncStream<[UInt8]> { $0.finish() })
            #expect(none == 0)
            let empty = try await connection.copyIn(
                "copy t from stdin",
                from: AsyncStream<[UInt8]> { continuation in
                    continuation.yield([])
                    continuation.finish()
                })
            #expect(empty == 0)
        }
    }
}

/// Chunks of 64 KiB, which counts those that were asked for.
private struct CountedSource: AsyncSequence, Sendable {
    actor Count {
        private(set) var taken = 0
        func take() -> Int {
            taken += 1
            return taken
        }
    }

    let chunks: Int
    let count = Count()

    struct AsyncIterator: AsyncIteratorProtocol {
        let source: CountedSource

        mutating func next() async throws -> [UInt8]? {
            guard await source.count.take() <= source.chunks else { return nil }
            return Array(repeating: UInt8(ascii: "z"), count: 64 << 10 - 1) + [UInt8(ascii: "\n")]
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: self) }
}
