import Postgres
import Vocabulary

/// A session that holds a snapshot of a database which others take over, for as long as its
/// transaction lasts.
struct SnapshotSession: Sendable {
    let source: DatabaseSource
    private let connection: PostgresConnection
    let server: PostgresVersion
    /// For `--snapshot`.
    let snapshot: String
    let lsn: LogPosition
    /// Seconds since 1970, by the server's clock.
    let time: Double
    let isUTF8: Bool
    let tables: [DumpTable]

    /// Makes a connection fit for waiting: nobody but us ends its transaction.
    static func connect(
        to source: DatabaseSource, lockWait: Duration
    ) async throws -> PostgresConnection {
        let connection = try await PostgresConnection.connect(source.settings)
        // Without row security: rows that a policy hides must be an error, and not be missing.
        try await connection.runScript(
            """
            SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
            SET lock_timeout = \(Int(lockWait.seconds * 1000)); SET row_security = off;
            SET search_path = pg_catalog; SET default_transaction_read_only = on
            """)
        return connection
    }

    /// Takes the snapshot, in a transaction that has seen nothing yet.
    init(_ source: DatabaseSource, _ connection: PostgresConnection) async throws {
        self.source = source
        self.connection = connection
        server = try await connection.serverVersion
        let row = try await connection.query(Self.moment).one()
        snapshot = try row.decode("snapshot")
        time = try row.decode("time")
        isUTF8 = try row.decode("encoding", as: String.self) == "UTF8"
        let text: String = try row.decode("lsn")
        lsn = LogPosition(text) ?? LogPosition(0)
        let isStandby: Bool = try row.decode("standby")
        tables = try await connection.query(Self.tables, [.boolean(isStandby)]).map {
            row throws(PostgresError) in
            DumpTable(
                oid: try row.decode("oid"), schema: try row.decode("schema"),
                name: try row.decode("name"), file: try row.decode("file"),
                size: try row.decode("size"))
        }
    }

    private static let moment = """
        SELECT pg_export_snapshot() AS snapshot, pg_is_in_recovery() AS standby,
            (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                ELSE pg_current_wal_lsn() END)::text AS lsn,
            extract(epoch FROM clock_timestamp())::float8 AS time,
            (SELECT pg_encoding_to_char(encoding) FROM pg_database
                WHERE datname = current_database())::text AS encoding
        """

    /// Ordinary tables and leaf partitions. What belongs to an extension comes with it, and what
    /// a standby has of unlogged tables pg_dump leaves out.
    private static let tables = """
        SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name,
            c.relfilenode::int8 AS file,
            coalesce(pg_table_size(c.oid), 0)::int8 AS size
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND c.relpersistence <> 't'
            AND NOT ($1 AND c.relpersistence = 'u')
            AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
            AND NOT EXISTS (SELECT FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            AND NOT EXISTS (SELECT FROM pg_depend d
                WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid
                    AND d.deptype = 'e')
        ORDER BY c.oid
        """

    /// Those of the tables that have a row which the snapshot sees.
    func occupied(of tables: [DumpTable]) async throws -> [DumpTable] {
        var found: [DumpTable] = []
        var rest = tables[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(100))
            rest = rest.dropFirst(100)
            let sql = some.enumerated().map { index, table in
                "SELECT \(index)::int8 WHERE EXISTS (SELECT FROM ONLY \(table.reference))"
            }.joined(separator: " UNION ALL ")
            for row in try await connection.query(sql) {
                found.append(some[try row.decode(at: 0, as: Int.self)])
            }
        }
        return found
    }
}
