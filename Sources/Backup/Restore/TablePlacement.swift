import Postgres

/// Puts a restored table, which lies in a schema of its own, where it belongs.
struct TablePlacement: Sendable {
    let passage: String
    let newName: TableRestore.Name
    let id: SnapshotID
    let mayReplace: Bool

    private var title: String { "\(newName.schema).\(newName.table)" }

    /// Refuses what would be refused at the end, before any work is done.
    func check(_ connection: PostgresConnection, in database: String) async throws {
        guard try await exists(connection) else { return }
        guard mayReplace else { throw RestoreError.tableExists(title, database: database) }
        let others = try await dependents(connection)
        guard others.isEmpty else { throw RestoreError.tableNeeded(title, by: others) }
    }

    /// Takes away what a killed run has left.
    func clear(_ connection: PostgresConnection) async throws {
        try await connection.execute("DROP SCHEMA IF EXISTS \(quoteIdentifier(passage)) CASCADE")
    }

    /// - Returns: where the table is now that had the name.
    func apply(_ connection: PostgresConnection) async throws -> TableRestore.Name? {
        try await connection.withTransaction { connection in
            var previous: TableRestore.Name?
            if try await exists(connection) {
                // Somebody may have referred to it meanwhile.
                try await check(connection, in: "")
                previous = try await putAway(connection)
            }
            try await connection.execute(
                "CREATE SCHEMA IF NOT EXISTS \(quoteIdentifier(newName.schema))")
            try await renameCompanions(connection)
            try await connection.execute(
                "ALTER TABLE \(quoteIdentifier(passage, newName.table)) "
                    + "SET SCHEMA \(quoteIdentifier(newName.schema))")
            // Nothing else may be in it.
            try await connection.execute("DROP SCHEMA \(quoteIdentifier(passage))")
            return previous
        }
    }

    private func putAway(_ connection: PostgresConnection) async throws -> TableRestore.Name {
        var number = 1
        while true {
            let schema = "finflow_before_\(id)" + (number == 1 ? "" : "_\(number)")
            let place = TableRestore.Name(schema: schema, table: newName.table)
            number += 1
            guard try await !Self.exists(place, connection) else { continue }
            try await connection.execute("CREATE SCHEMA IF NOT EXISTS \(quoteIdentifier(schema))")
            try await connection.execute(
                "ALTER TABLE \(newName.quoted) SET SCHEMA \(quoteIdentifier(schema))")
            return place
        }
    }

    /// Indexes and sequences of the table whose names are taken where it goes.
    private func renameCompanions(_ connection: PostgresConnection) async throws {
        let rows = try await connection.query(
            """
            SELECT c.relname, c.relkind::text FROM pg_class c
            WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)
                AND c.relkind IN ('i', 'S') AND EXISTS (
                    SELECT FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
                    WHERE n.nspname = $2 AND o.relname = c.relname)
            """, [.text(passage), .text(newName.schema)])
        for row in rows {
            let name: String = try row.decode(at: 0)
            let kind = try row.decode(at: 1, as: String.self) == "S" ? "SEQUENCE" : "INDEX"
            let ending = "_\(id.description.suffix(6))"
            let new =
                String(
                    decoding: name.utf8.prefix(RestoreNames.limit - ending.utf8.count),
                    as: UTF8.self) + ending
            try await connection.execute(
                "ALTER \(kind) \(quoteIdentifier(passage, name)) RENAME TO \(quoteIdentifier(new))")
        }
    }

    private func exists(_ connection: PostgresConnection) async throws -> Bool {
        try await Self.exists(newName, connection)
    }

    private static func exists(
        _ name: TableRestore.Name, _ connection: PostgresConnection
    ) async throws -> Bool {
        try await connection.query(
            """
            SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = $2
            """, [.text(name.schema), .text(name.table)]
        ).count > 0
    }

    /// Foreign keys, views, partitions.
    private func dependents(_ connection: PostgresConnection) async throws -> [String] {
        try await connection.query(
            """
            SELECT 'foreign key ' || conname || ' of ' || conrelid::regclass FROM pg_constraint
            WHERE confrelid = $1::text::regclass AND conrelid <> confrelid AND contype = 'f'
            UNION
            SELECT 'view ' || r.ev_class::regclass FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
            WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = $1::text::regclass
                AND r.ev_class <> d.refobjid
            UNION
            SELECT 'table ' || inhrelid::regclass FROM pg_inherits WHERE inhparent = $1::text::regclass
            UNION
            SELECT 'table ' || inhparent::regclass FROM pg_inherits WHERE inhrelid = $1::text::regclass
            ORDER BY 1
            """, [.text(newName.quoted)]
        ).map { try $0.decode(at: 0, as: String.self) }
    }
}
