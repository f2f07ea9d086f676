import Postgres

/// Puts a proven database in the place of another, which is kept under a name that says so.
struct DatabaseSwap: Sendable {
    let names: RestoreNames
    let server: RestoreServer
    /// Whether those who are connected are cut off; else nothing is done while anybody is.
    let isDisconnecting: Bool

    /// Clients may come as fast as they are sent away.
    private static let attempts = 10

    /// Refuses what would be refused at the end, before any work is done.
    func check(mayReplace: Bool) async throws {
        try await server.withMaintenance { connection in
            guard try await connection.hasDatabase(names.database) else { return }
            guard mayReplace else {
                throw RestoreError.databaseExists(names.database, server: connection.server)
            }
            let clients = try await Self.clients(of: names.database, connection)
            guard clients.isEmpty || isDisconnecting else {
                throw RestoreError.clientsConnected(names.database, clients: clients)
            }
        }
    }

    /// - Returns: what the database that was there is called now; `nil` where there was none.
    func run() async throws -> String? {
        try await server.withMaintenance { connection in
            var attempt = 1
            while true {
                do {
                    return try await swap(connection)
                } catch let error as PostgresError where error.sqlState == .objectInUse {
                    let clients = try await Self.clients(of: names.database, connection)
                    guard isDisconnecting, attempt < Self.attempts else {
                        throw RestoreError.clientsConnected(names.database, clients: clients)
                    }
                    attempt += 1
                }
            }
        }
    }

    private func swap(_ connection: PostgresConnection) async throws -> String? {
        guard try await connection.hasDatabase(names.database) else {
            try await connection.renameDatabase(names.ready, to: names.database)
            return nil
        }
        var number = 1
        while try await connection.hasDatabase(names.before(number)) { number += 1 }
        let before = names.before(number)
        if isDisconnecting {
            try await connection.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = $1 AND pid <> pg_backend_pid()
                """, [.text(names.database)])
        }
        // Whoever connects meanwhile waits at the server, and then finds the new one.
        try await connection.withTransaction { connection in
            try await connection.renameDatabase(names.database, to: before)
            try await connection.renameDatabase(names.ready, to: names.database)
        }
        return before
    }

    /// Who uses a database: `payments from 10.0.3.7 (payments-service)`.
    private static func clients(
        of database: String, _ connection: PostgresConnection
    ) async throws -> [String] {
        let rows = try await connection.query(
            """
            SELECT coalesce(usename, backend_type) || coalesce(' from ' || host(client_addr), '')
                || CASE application_name WHEN '' THEN '' ELSE ' (' || application_name || ')' END
            FROM pg_stat_activity
            WHERE datname = $1 AND pid <> pg_backend_pid()
                AND backend_type NOT IN ('autovacuum worker', 'parallel worker')
            ORDER BY backend_start
            """, [.text(database)])
        return try rows.map { row in try row.decode(at: 0, as: String?.self) ?? "somebody" }
    }
}

extension PostgresConnection {
    func hasDatabase(_ name: String) async throws -> Bool {
        try await query("SELECT FROM pg_database WHERE datname = $1", [.text(name)]).count == 1
    }

    func renameDatabase(_ name: String, to new: String) async throws {
        try await execute(
            "ALTER DATABASE \(quoteIdentifier(name)) RENAME TO \(quoteIdentifier(new))")
    }
}
