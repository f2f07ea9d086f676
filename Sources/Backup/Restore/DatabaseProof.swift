import Postgres

/// Compares what was restored with what the manifest says of each table: how many rows, and the
/// checksum of them, read anew from the restored tables.
struct DatabaseProof: Sendable {
    let snapshot: DatabaseSnapshot
    let server: RestoreServer
    /// Of the restored database.
    let database: String
    let jobs: Int

    /// - Parameter dumped: what passed by while the tables were filled; empty where that is not
    ///   known any more, for a database that an earlier run has filled.
    func differences(_ dumped: [DumpedTable]) async throws -> [TableDifference] {
        let known = Dictionary(dumped.map { (Place($0.schema, $0.name), $0) }) { first, _ in first }
        var differences: [TableDifference] = []
        var tables: [(summary: TableSummary, sql: String)] = []
        for summary in snapshot.tables {
            let table = known[Place(summary.schema, summary.name)]
            if !dumped.isEmpty, table?.rows != summary.rows {
                // The dump is another than the one that the manifest tells of.
                differences.append(TableDifference(summary, found: table?.rows))
            } else if !isPartial(summary) {
                tables.append((summary, try Self.copyOut(summary, table)))
            }
        }
        return differences + (try await compare(tables))
    }

    private struct Place: Hashable {
        var schema: String
        var name: String

        init(_ schema: String, _ name: String) {
            self.schema = schema
            self.name = name
        }
    }

    /// Configuration tables of extensions hold more than was dumped: what the extension itself
    /// puts there.
    private func isPartial(_ summary: TableSummary) -> Bool {
        snapshot.objects.contains { $0.key == summary.object && $0.content == .rest }
    }

    private static func copyOut(
        _ summary: TableSummary, _ table: DumpedTable?
    ) throws -> String {
        try table?.copyOut
            ?? "COPY \(quoteIdentifier(summary.schema, summary.name)) TO STDOUT"
    }

    private func compare(
        _ tables: [(summary: TableSummary, sql: String)]
    ) async throws -> [TableDifference] {
        // The largest are dealt out first, one to each.
        let width = max(1, jobs)
        let shares = tables.sorted { $0.summary.rows.count > $1.summary.rows.count }.enumerated()
            .reduce(into: [[(summary: TableSummary, sql: String)]](repeating: [], count: width)) {
                $0[$1.offset % width].append($1.element)
            }
        return try await shares.filter { !$0.isEmpty }.concurrently(width) { share in
            try await PostgresConnection.withConnection(server.settings(for: database)) {
                connection in
                var differences: [TableDifference] = []
                for (summary, sql) in share {
                    let found = try await Self.rows(sql, connection)
                    if found != summary.rows {
                        differences.append(TableDifference(summary, found: found))
                    }
                }
                return differences
            }
        }.flatMap(\.self)
    }

    /// - Returns: `nil` where there is no such table, or it lacks a column.
    static func rows(
        _ sql: String, _ connection: PostgresConnection
    ) async throws -> RowSummary? {
        try await connection.runScript(session)
        var summer = RowSummer()
        do {
            for try await piece in connection.copyOut(sql) { summer.add(piece) }
        } catch let error as PostgresError
            where [.undefinedTable, .undefinedColumn, .undefinedSchema].contains(error.sqlState)
        {
            return nil
        }
        return summer.rows
    }

    /// Rows look as pg_dump reads them, whatever the settings of the database and the login are.
    /// `SET client_encoding` is to the database's own, in which a dump is.
    private static let session = """
        SET DateStyle = ISO; SET IntervalStyle = postgres; SET extra_float_digits = 3;
        SET TimeZone = 'UTC'; SET bytea_output = hex; SET row_security = off;
        SET synchronize_seqscans = off;
        SELECT pg_catalog.set_config('search_path', '', false);
        SELECT pg_catalog.set_config(
            'client_encoding', pg_catalog.pg_encoding_to_char(encoding), false)
        FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database();
        """
}

extension TableDifference {
    init(_ summary: TableSummary, found: RowSummary?) {
        self.init(
            schema: summary.schema, name: summary.name, expected: summary.rows, found: found)
    }
}
