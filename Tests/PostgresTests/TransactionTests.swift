import Lab
import LabTraits
import Postgres
import Testing
import Vocabulary

@Suite(.postgres, .timeLimit(.minutes(1))) struct TransactionTests {
    private struct Wrong: Error {}

    private func withTable(_ body: (PostgresConnection) async throws -> Void) async throws {
        try await withSession { connection in
            try await connection.execute(
                "create temp table t (i int unique deferrable initially deferred)")
            try await body(connection)
        }
    }

    private func count(_ connection: PostgresConnection) async throws -> Int {
        try await connection.query("select count(*) from t").value()
    }

    @Test func `What it returns commits, what it throws rolls back`() async throws {
        try await withTable { connection in
            let answer = try await connection.withTransaction { connection in
                try await connection.execute("insert into t values (1)")
                return 42
            }
            #expect(answer == 42)
            await #expect(throws: Wrong.self) {
                try await connection.withTransaction { connection in
                    try await connection.execute("insert into t values (2)")
                    throw Wrong()
                }
            }
            #expect(try await count(connection) == 1)
        }
    }

    @Test func `Its modes are the server's`() async throws {
        try await withSession { connection in
            try await connection.withTransaction(
                isolation: .serializable, readOnly: true, deferrable: true
            ) { connection in
                let row = try await connection.query(
                    """
                    select current_setting('transaction_isolation'),
                        current_setting('transaction_read_only'),
                        current_setting('transaction_deferrable')
                    """
                ).one()
                #expect(try row.decode(at: 0) == "serializable")
                #expect(try row.decode(at: 1) == "on")
                #expect(try row.decode(at: 2) == "on")
            }
            let error = try await postgresError {
                try await connection.withTransaction(readOnly: true) { connection in
                    _ = try await connection.execute("create table never (i int)")
                }
            }
            #expect(error.sqlState == .readOnlyTransaction)
        }
    }

    @Test func `A snapshot that it exports is seen by others while it is kept open`() async throws {
        let lab = try await PostgresLab.shared()
        try await withSession { holder in
            try await holder.execute("create table snapped (i int)")
            let seen: Int = try await holder.withTransaction(
                isolation: .repeatableRead, readOnly: true
            ) { holder in
                let snapshot: String = try await holder.query("select pg_export_snapshot()").value()
                return try await PostgresConnection.withConnection(lab.settings()) { other in
                    try await other.execute("insert into snapped values (1)")
                    return try await other.withTransaction(isolation: .repeatableRead) { other in
                        try await other.runScript(
                            "set transaction snapshot \(quoteLiteral(snapshot))")
                        return try await other.query("select count(*) from snapped").value()
                    }
                }
            }
            #expect(seen == 0)
            #expect(try await holder.query("select count(*) from snapped").value() == 1)
            try await holder.execute("drop table snapped")
        }
    }

    @Test func `Cancelling its task rolls it back`() async throws {
        try await withTable { connection in
            let task = Task {
                try await connection.withTransaction { connection in
                    try await connection.execute("insert into t values (1)")
                    _ = try await connection.query("select pg_sleep(600)")
                }
            }
            try await withSession { other in
                try await eventually {
                    try await other.query(
                        "select query like '%600%' from pg_stat_activity where pid = $1",
                        [.integer32(try await connection.backendID)]
                    ).value(as: Bool?.self) == true
                }
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
            #expect(try await count(connection) == 0)
        }
    }

    @Test func `A body that ends well in a cancelled task is rolled back too`() async throws {
        try await withTable { connection in
            let task = Task {
                try await connection.withTransaction { connection in
                    try await connection.execute("insert into t values (1)")
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            await #expect(throws: CancellationError.self) { _ = try await task.value }
            let left = try await count(connection)
            #expect(left == 0)
        }
    }

    @Test func `A transaction that failed without saying so does not seem committed`() async throws
    {
        try await withTable { connection in
            let error = try await postgresError {
                try await connection.withTransaction { connection in
                    try await connection.execute("insert into t values (1)")
                    _ = try? await connection.execute("select 1/0")
                }
            }
            #expect(error.sqlState == .failedTransaction)
            // A constraint that is checked at its end.
            let late = try await postgresError {
                try await connection.withTransaction { connection in
                    _ = try await connection.execute("insert into t values (1), (1)")
                }
            }
            #expect(late.sqlState == .uniqueViolation)
            #expect(try await count(connection) == 0)
        }
    }

    @Test func `One inside of another is a savepoint`() async throws {
        try await withTable { connection in
            try await connection.withTransaction { connection in
                try await connection.execute("insert into t values (1)")
                for number in 2...4 {
                    do {
                        try await connection.withTransaction { connection in
                            try await connection.execute(
                                "insert into t values ($1)", [.integer(number)])
                            if number == 3 { try await connection.execute("select 1/0") }
                        }
                    } catch let error as PostgresError {
                        #expect(error.sqlState == .divisionByZero)
                    }
                }
            }
            let rows = try await connection.query("select i from t order by i")
            #expect(try rows.map { try $0.decode(at: 0, as: Int.self) } == [1, 2, 4])
        }
    }

    @Test func `Statements of other tasks wait for its end`() async throws {
        try await withTable { connection in
            await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...20 {
                    group.addTask {
                        try await connection.withTransaction { connection in
                            try await connection.execute(
                                "insert into t values ($1)", [.integer(number)])
                            // Children of the transaction's own task belong to it.
                            async let one = connection.query(
                                "select count(*) from t where i = $1", [.integer(number)])
                            #expect(try await one.value() == 1)
                            if number % 2 == 0 { throw Wrong() }
                        }
                    }
                }
                while let result = await group.nextResult() {
                    if case .failure(let error) = result { #expect(error is Wrong) }
                }
            }
            let left = try await count(connection)
            #expect(left == 10)
        }
    }

    @Test func `Rows that are still being read do not keep it from ending, though it fails`()
        async throws
    {
        try await withTable { connection in
            var kept = connection.rows("select generate_series(1, 100000000)").makeAsyncIterator()
            let error = try await postgresError {
                try await connection.withTransaction { _ in
                    _ = try await kept.next()
                }
            }
            #expect(error.sqlState == .failedTransaction)
            #expect(try await count(connection) == 0)
        }
    }
}
