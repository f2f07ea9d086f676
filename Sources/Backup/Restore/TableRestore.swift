import Loop
import Postgres

/// Brings one table of a snapshot back into a database that is there, with its rows, indexes, keys
/// and sequences.
///
/// It is restored and proven in a database of its own, brought over into a schema of its own, and
/// proven again there; then, in one transaction, it takes its place. What had the name is moved to
/// the schema `finflow_before_ID`. Foreign keys, triggers, rules and policies are about others
/// than the table, and are not restored: they are named.
public struct TableRestore: Sendable {
    public struct Name: Hashable, Sendable {
        public var schema: String
        public var table: String

        public init(schema: String, table: String) {
            self.schema = schema
            self.table = table
        }

        var quoted: String {
            get throws { try quoteIdentifier(schema, table) }
        }
    }

    public struct Restored: Hashable, Sendable {
        public var rows: Int
        /// Where the table is now that had the name.
        public var previous: Name?
        /// What was not restored, in words: `foreign key entry_payment_fkey`.
        public var omitted: [String]
    }

    public var manifest: Manifest
    public var reader: SnapshotReader
    /// By which the snapshot knows it.
    public var database: String
    public var table: Name
    public var server: RestoreServer
    /// The database on the server.
    public var target: String
    /// What the table is to be called there.
    public var newName: Name
    public var mayReplace = false

    public init(
        of table: Name, in database: String, of manifest: Manifest, from reader: SnapshotReader,
        to server: RestoreServer, database target: String, as newName: Name? = nil,
        replacing mayReplace: Bool = false
    ) {
        self.manifest = manifest
        self.reader = reader
        self.database = database
        self.table = table
        self.server = server
        self.target = target
        self.newName = newName ?? table
        self.mayReplace = mayReplace
    }

    private var passage: String { "finflow_restore_\(manifest.id)" }

    public func run(
        _ events: @escaping @Sendable (RestoreEvent) -> Void = { _ in }
    ) async throws -> Restored {
        let (snapshot, summary) = try find()
        let placement = TablePlacement(
            passage: passage, newName: newName, id: manifest.id, mayReplace: mayReplace)
        try await PostgresConnection.withConnection(server.settings(for: target)) {
            try await placement.check($0, in: target)
        }
        let staging = RestoreNames(database: target, snapshot: manifest.id).staging
        let source = TableStaging(
            snapshot: snapshot, summary: summary, reader: reader, server: server,
            database: staging, events: events)
        let (columns, omitted) = try await source.fill()
        try await source.move(to: passage, as: newName.table)
        try await PostgresConnection.withConnection(server.settings(for: target)) { connection in
            try await placement.clear(connection)
            try await bringOver(from: staging)
            events(.phase(database, .proof))
            let found = try await DatabaseProof.rows(
                "COPY \(quoteIdentifier(passage, newName.table)) \(columns)", connection)
            guard found == summary.rows else {
                throw RestoreError.different(
                    database, [TableDifference(summary, found: found)])
            }
        }
        events(.phase(database, .swap))
        let previous = try await PostgresConnection.withConnection(server.settings(for: target)) {
            try await placement.apply($0)
        }
        try await server.withMaintenance { try await server.dropDatabase(staging, $0) }
        return Restored(rows: summary.rows.count, previous: previous, omitted: omitted)
    }

    private func find() throws(RestoreError) -> (DatabaseSnapshot, TableSummary) {
        guard let snapshot = manifest.databases.first(where: { $0.name == database }) else {
            throw .unknownDatabase(database, known: manifest.databases.map(\.name))
        }
        guard
            let summary = snapshot.tables.first(where: {
                $0.schema == table.schema && $0.name == table.table
            })
        else { throw .unknownTable("\(table.schema).\(table.table)", database: database) }
        return (snapshot, summary)
    }

    private func bringOver(from staging: String) async throws {
        let dump = server.programs.command(
            .dump,
            [
                "--format=custom", "--compress=0", "--no-tablespaces",
                "--schema=\(try quoteIdentifier(passage))",
            ], to: server.settings(for: staging), password: server.password)
        try await ProgramOutput.with(dump) { output in
            try await server.restoring(into: target, ["--single-transaction", "--no-tablespaces"])
                .run(reading: output)
        }
    }
}

extension TableRestore.Name {
    /// `payment`, `ledger.entry`, `"odd.schema"."Table"`; `public` is the schema that need not be
    /// named. `nil` for what is no name.
    public init?(_ text: String) {
        let tokens = SQLScript(Array(text.utf8)).statements.first?.tokens ?? []
        switch (tokens.count, tokens.first?.name, tokens.last?.name) {
        case (1, let table?, _): self.init(schema: "public", table: table)
        case (3, let schema?, let table?) where tokens[1].text == ".":
            self.init(schema: schema, table: table)
        default: return nil
        }
    }
}
