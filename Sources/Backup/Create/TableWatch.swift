import Postgres

/// Looks at a database as it is now, beside a dump that shows it as it was.
///
/// A TRUNCATE and an ALTER TABLE that writes a table anew take its rows away from every snapshot
/// (PostgreSQL 15, 13.6), and pg_dump then has none of them without an error. Either gives the
/// table another file: one that still has its file when pg_dump holds its locks keeps it until
/// the dump has ended.
struct TableWatch: Sendable {
    let database: String
    let connection: PostgresConnection

    /// - Throws: ``SnapshotError/disturbed(database:_:)``, which names the tables.
    func check(_ tables: [DumpTable]) async throws {
        let disturbed = try await disturbances(of: tables)
        guard disturbed.isEmpty else {
            throw SnapshotError.disturbed(database: database, disturbed)
        }
    }

    private func disturbances(of tables: [DumpTable]) async throws -> [TableDisturbance] {
        guard !tables.isEmpty else { return [] }
        let oids = "{" + tables.map { "\($0.oid)" }.joined(separator: ",") + "}"
        let rows = try await connection.query(
            """
            SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relfilenode::int8
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = ANY ($1::oid[])
            """, [.text(oids)])
        var present: [Int: DumpTable] = [:]
        for row in rows {
            let table = DumpTable(
                oid: try row.decode(at: 0), schema: try row.decode(at: 1),
                name: try row.decode(at: 2), file: try row.decode(at: 3), size: 0)
            present[table.oid] = table
        }
        return tables.compactMap { table in
            guard let now = present[table.oid] else {
                return TableDisturbance(table: table.shown, event: .dropped)
            }
            if now.shown != table.shown {
                return TableDisturbance(table: table.shown, event: .renamed(to: now.shown))
            }
            return now.file == table.file
                ? nil : TableDisturbance(table: table.shown, event: .rewritten)
        }
    }
}

/// A stream of which nothing is given out before a look at what it is made from.
struct GuardedPieces<Source: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Source.Element == [UInt8] {
    typealias Failure = any Error

    let source: Source
    /// Once the first piece is there.
    let check: @Sendable () async throws -> Void

    func makeAsyncIterator() -> Iterator {
        Iterator(source: source.makeAsyncIterator(), check: check)
    }

    struct Iterator: AsyncIteratorProtocol {
        var source: Source.AsyncIterator
        let check: @Sendable () async throws -> Void
        var isChecked = false

        init(source: Source.AsyncIterator, check: @escaping @Sendable () async throws -> Void) {
            self.source = source
            self.check = check
        }

        mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            let piece = try await source.next(isolation: actor)
            if !isChecked {
                isChecked = true
                try await check()
            }
            return piece
        }
    }
}
