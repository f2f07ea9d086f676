import Backup
import Lab
import Postgres

/// A database of a test's own on the server that all share, gone afterwards with whatever a
/// restore has put beside it.
func withDatabase<Value: Sendable>(
    _ name: String, _ script: String = Rows.script, _ body: (PostgresLab) async throws -> Value
) async throws -> Value {
    let lab = try await PostgresLab.shared()
    try await lab.remove(name)
    try await lab.run("CREATE DATABASE \(quoteIdentifier(name))")
    try await lab.run(script, in: name)
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(lab))
    } catch {
        result = .failure(error)
    }
    try await lab.remove(name)
    return try result.get()
}

enum Rows {
    static let script = """
        CREATE TABLE payment (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
        INSERT INTO payment (note) SELECT repeat('n' || n, 20) FROM generate_series(1, 20000) n;
        CREATE TABLE entry (payment bigint REFERENCES payment, sum int);
        INSERT INTO entry SELECT n, n FROM generate_series(1, 3000) n;
        CREATE INDEX entry_sum ON entry (sum);
        CREATE TABLE empty (v int);
        """
}

extension PostgresLab {
    /// Names of databases that begin so.
    func databases(_ start: String) async throws -> [String] {
        try await with { connection in
            try await connection.query(
                "SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1",
                [.text(start)]
            ).map { try $0.decode(at: 0, as: String.self) }
        }
    }

    func remove(_ name: String) async throws {
        for database in try await databases(name)
        where database == name || database.hasPrefix("\(name)__") || database.hasPrefix("\(name)_")
        {
            for name in try await subscriptions(database) {
                try await run("ALTER SUBSCRIPTION \(name) DISABLE", in: database)
                try await run("ALTER SUBSCRIPTION \(name) SET (slot_name = NONE)", in: database)
                try await run("DROP SUBSCRIPTION \(name)", in: database)
            }
            try await run("DROP DATABASE \(quoteIdentifier(database)) WITH (FORCE)")
        }
    }

    private func subscriptions(_ database: String) async throws -> [String] {
        try await with { connection in
            try await connection.query(
                """
                SELECT quote_ident(subname) FROM pg_subscription
                WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = $1)
                """, [.text(database)]
            ).map { try $0.decode(at: 0, as: String.self) }
        }
    }

    func count(_ table: String, in database: String) async throws -> Int {
        try await with(database) { try await $0.query("SELECT count(*) FROM \(table)").value() }
    }
}

extension TestRepository {
    func path(_ object: ManifestObject) -> String { "\(root)/repository/\(object.key.path)" }
}
