import Lab
import LabTraits
import Postgres
import Testing
import Vocabulary

@Suite(.postgres, .timeLimit(.minutes(1))) struct StatementTests {
    @Test func `An error of the server has all that the server says`() async throws {
        try await withSession { connection in
            try await connection.runScript(
                """
                create temp table account (id int primary key, balance int check (balance >= 0));
                insert into account values (1, 10)
                """)
            let double = try await postgresError {
                try await connection.execute("insert into account values (1, 0)")
            }
            #expect(double.kind == .statement)
            #expect(double.sqlState == .uniqueViolation)
            #expect(double.severity == .error)
            #expect(double.table == "account")
            #expect(double.constraint == "account_pkey")
            #expect(double.detail == "Key (id)=(1) already exists.")
            let negative = try await postgresError {
                try await connection.execute("update account set balance = -1")
            }
            #expect(negative.sqlState == .checkViolation)
            let typo = try await postgresError {
                try await connection.execute("select balanc from account")
            }
            #expect(typo.sqlState == .undefinedColumn)
            #expect(typo.position == 8)
            #expect(typo.hint?.contains("account.balance") == true)
            #expect(typo.diagnostic().code == .postgresStatement)
            // The connection goes on.
            #expect(try await connection.query("select count(*) from account").value() == 1)
        }
    }

    @Test(arguments: [
        ("selec", SQLState.syntaxError), ("select * from nowhere", .undefinedTable),
        ("select 1/0", .divisionByZero), ("select nothing()", .undefinedFunction),
        ("select 'x'::int", .invalidTextRepresentation),
        ("set role nobody_here", .init(rawValue: "22023")),
        ("select 1; select 2", .syntaxError),
    ]) func `Each refusal has its SQLSTATE`(_ sql: String, _ state: SQLState) async throws {
        try await withSession { connection in
            let error = try await postgresError { _ = try await connection.query(sql) }
            #expect(error.sqlState == state)
            #expect(error.sqlState?.conditionClass == String(state.rawValue.prefix(2)))
        }
    }

    @Test func `The server's own time limit for statements is an error, not the end`() async throws
    {
        try await withSession {
            $0["options"] = "-c statement_timeout=20"
        } _: { connection in
            let error = try await postgresError {
                _ = try await connection.query("select pg_sleep(60)")
            }
            #expect(error.sqlState == .queryCanceled)
            #expect(await connection.isOpen)
            #expect(try await connection.query("select 1").value() == 1)
        }
    }

    @Test func `Statements of many tasks take turns, in the order of asking`() async throws {
        try await withSession { connection in
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...100 {
                    group.addTask {
                        try await connection.query("select $1::bigint", [.integer(number)]).value()
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 5050)
        }
    }

    @Test func `execute counts the rows that a statement touches`() async throws {
        try await withSession { connection in
            #expect(try await connection.execute("create temp table t (i int)") == 0)
            #expect(
                try await connection.execute("insert into t select generate_series(1, 7)") == 7)
            #expect(try await connection.execute("delete from t where i > 5") == 2)
            let rows = try await connection.query("select i from t order by i")
            #expect(rows.commandTag == "SELECT 5")
            #expect(rows.columnNames == ["i"])
            #expect(try rows.map { try $0.decode("i", as: Int.self) } == [1, 2, 3, 4, 5])
        }
    }

    @Test func `A script is one transaction, whose first error undoes it`() async throws {
        try await withSession { connection in
            try await connection.execute("create temp table t (i int)")
            let error = try await postgresError {
                try await connection.runScript("insert into t values (1); select 1/0")
            }
            #expect(error.sqlState == .divisionByZero)
            #expect(try await connection.query("select count(*) from t").value() == 0)
        }
    }

    @Test func `What can never work is refused before it is sent`() async throws {
        try await withSession { connection in
            for body: @Sendable () async throws -> Void in [
                { _ = try await connection.query("select '\0'") },
                { _ = try await connection.query("select $1", ["a\0b"]) },
                { _ = try await connection.query("copy (select 1) to stdout") },
                { for try await _ in connection.copyOut("select 1") {} },
                {
                    try await connection.copyIn(
                        "copy (select 1) to stdout", from: AsyncStream<[UInt8]> { $0.finish() })
                },
                {
                    _ = try await connection.query(
                        "select 1", Array(repeating: "x", count: 70_000))
                },
            ] {
                let error = try await postgresError(body)
                #expect(error.kind == .misuse, "\(error)")
                #expect(try await connection.query("select 1").value() == 1)
            }
        }
    }

    @Test func `A COPY from the client that was not meant as one ends the connection`() async throws
    {
        try await withSession { connection in
            try await connection.execute("create temp table t (i int)")
            let error = try await postgresError {
                _ = try await connection.query("copy t from stdin")
            }
            #expect(error.kind == .misuse)
            #expect(await connection.isOpen == false)
        }
    }

    @Test(arguments: ["plain", "two words", "qu\"ote", "ünïcödé 🐘", "a.b", "select", "back\\slash"])
    func `Names are quoted as the server would`(_ name: String) async throws {
        try await withSession { connection in
            let quoted = try quoteIdentifier(name)
            try await connection.runScript("create temp table \(quoted) (i int)")
            let found = try await connection.query(
                "select relname::text from pg_class where oid = $1::regclass", [.text(quoted)])
            #expect(try found.value() == name)
        }
        #expect(try quoteIdentifier("s", name) == "\"s\".\(quoteIdentifier(name))")
    }

    @Test func `Names that cannot be are refused`() {
        #expect(throws: PostgresError.self) { try quoteIdentifier("") }
        #expect(throws: PostgresError.self) { try quoteIdentifier("a\0") }
        #expect(throws: PostgresError.self) { try quoteLiteral("a\0") }
    }

    @Test(arguments: ["on", "off"])
    func `Any text comes back from a quoted literal`(_ conforming: String) async throws {
        var random = SeededGenerator(seed: 17)
        try await withSession { connection in
            try await connection.execute("set standard_conforming_strings = \(conforming)")
            try await connection.execute("set escape_string_warning = off")
            for _ in 0..<100 {
                let text = Arbitrary.text(using: &random)
                let row = try await connection.query("select \(quoteLiteral(text)) as t").one()
                #expect(try row.decode("t") == text)
            }
        }
    }
}
