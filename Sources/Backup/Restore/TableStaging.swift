import Postgres

/// Restores one table into a database of its own, which has the definitions of all others and no
/// rows of theirs.
struct TableStaging: Sendable {
    let snapshot: DatabaseSnapshot
    let summary: TableSummary
    let reader: SnapshotReader
    let server: RestoreServer
    let database: String
    let events: @Sendable (RestoreEvent) -> Void

    /// - Returns: how its columns are read, `(id, amount) TO STDOUT`, and what was left out.
    func fill() async throws -> (columns: String, omitted: [String]) {
        var only = snapshot
        only.objects = snapshot.objects.filter {
            ![.tables, .rest].contains($0.content) || $0.key == summary.object
        }
        only.tables = [summary]
        let filling = DatabaseFilling(
            snapshot: only, reader: reader, server: server, name: database, jobs: 1,
            events: events)
        let dumped = try await filling.run(only: summary)
        let omitted = try await addIndexes()
        events(.phase(snapshot.name, .proof))
        let differences = try await DatabaseProof(
            snapshot: only, server: server, database: database, jobs: 1
        ).differences(dumped)
        guard differences.isEmpty else {
            throw RestoreError.different(snapshot.name, differences)
        }
        try await setSequences()
        return (try Self.columns(dumped.first?.copyOut), omitted)
    }

    /// `(id, amount) TO STDOUT`
    private static func columns(_ copyOut: String?) throws -> String {
        let tokens = copyOut.map { SQLScript(Array($0.utf8)).statements.first?.tokens ?? [] } ?? []
        let start = tokens.firstIndex { $0.kind == .symbol && $0.text == "(" }
        return start.map { SQLStatement(tokens: Array(tokens[$0...])).text } ?? "TO STDOUT"
    }

    /// - Returns: what belongs to the table and is not restored.
    private func addIndexes() async throws -> [String] {
        let script = try await reader.output(
            of: server.printing(["--no-tablespaces"]), reading: snapshot.object(.postData))
        var omitted: [String] = []
        var chosen: [String] = []
        for statement in SQLScript(script).statements {
            switch TablePart(statement, of: summary) {
            case .index?: chosen.append(statement.text)
            case .other(let words)?: omitted.append(words)
            case nil: continue
            }
        }
        try await PostgresConnection.withConnection(server.settings(for: database)) { connection in
            for statement in chosen { try await connection.runScript(statement) }
        }
        return omitted
    }

    /// Those of its columns, which go where the table goes.
    private func setSequences() async throws {
        let names = try await PostgresConnection.withConnection(server.settings(for: database)) {
            try await $0.query(
                """
                SELECT s.relname FROM pg_depend d JOIN pg_class s ON s.oid = d.objid
                WHERE d.refobjid = $1::text::regclass AND d.deptype IN ('a', 'i')
                    AND s.relkind = 'S'
                """, [.text(quoteIdentifier(summary.schema, summary.name))]
            ).map { try $0.decode(at: 0, as: String.self) }
        }
        guard !names.isEmpty else { return }
        let rest = try snapshot.object(.rest)
        try await reader.explaining(rest) {
            try await server.restoring(
                into: database,
                ["--data-only", "--schema=\(summary.schema)"] + names.map { "--table=\($0)" }
            ).run(reading: try await reader.read(rest))
        }
    }

    func move(to passage: String, as name: String) async throws {
        try await PostgresConnection.withConnection(server.settings(for: database)) { connection in
            let schema = try quoteIdentifier(passage)
            try await connection.runScript(
                """
                CREATE SCHEMA \(schema);
                ALTER TABLE \(quoteIdentifier(summary.schema, summary.name)) SET SCHEMA \(schema);
                """)
            guard name != summary.name else { return }
            try await connection.runScript(
                "ALTER TABLE \(quoteIdentifier(passage, summary.name)) "
                    + "RENAME TO \(quoteIdentifier(name))")
        }
    }
}

/// What a statement behind the rows has to do with a table.
private enum TablePart {
    case index
    case other(String)

    init?(_ statement: SQLStatement, of table: TableSummary) {
        let tokens = statement.tokens
        func isTable(at place: Int) -> Bool {
            tokens.count > place + 2 && tokens[place].name == table.schema
                && tokens[place + 1].text == "." && tokens[place + 2].name == table.name
        }
        let place = tokens.indices.first { isTable(at: $0) }
        guard let place, place > 0 else { return nil }
        let before = tokens[place - 1].text.uppercased()
        if statement.begins(with: "CREATE", "INDEX")
            || statement.begins(with: "CREATE", "UNIQUE", "INDEX")
        {
            guard ["ON", "ONLY"].contains(before) else { return nil }
            self = .index
        } else if statement.begins(with: "ALTER", "TABLE"), ["TABLE", "ONLY"].contains(before) {
            let name = statement.name(behind: "ADD", "CONSTRAINT")
            if statement.contains("FOREIGN", "KEY") {
                self = .other("foreign key \(name ?? "")")
            } else if name != nil {
                self = .index
            } else {
                return nil
            }
        } else if statement.begins(with: "CREATE", "TRIGGER"), before == "ON" {
            self = .other("trigger \(statement.name(behind: "TRIGGER") ?? "")")
        } else if statement.begins(with: "CREATE", "POLICY"), before == "ON" {
            self = .other("policy \(statement.name(behind: "POLICY") ?? "")")
        } else if statement.begins(with: "CREATE", "RULE"), before == "TO" {
            self = .other("rule \(statement.name(behind: "RULE") ?? "")")
        } else {
            return nil
        }
    }
}
