import Postgres

/// A table whose rows a dump is to have, as the snapshot knows it.
struct DumpTable: Hashable, Sendable {
    var oid: Int
    var schema: String
    var name: String
    /// Changes with every TRUNCATE, and when a table is written anew.
    var file: Int
    /// What it takes on the server's disk, in bytes.
    var size: Int

    /// `public.payments`
    var shown: String { "\(schema).\(name)" }

    /// That alone, for `--table` and `--exclude-table-data` (psql's reference, «Patterns»:
    /// nothing is special within quotes but the quote).
    var pattern: String { "\(Self.quoted(schema)).\(Self.quoted(name))" }

    /// `"a ""b"""`
    private static func quoted(_ name: String) -> String {
        "\"" + name.replacing("\"", with: "\"\"") + "\""
    }

    /// For a statement.
    var reference: String { pattern }

    /// Whether pg_dump understands its name whatever the database's encoding is.
    func isExpressible(inUTF8 isUTF8: Bool) -> Bool {
        isUTF8 || (schema + name).utf8.allSatisfy { $0 < 0x80 }
    }
}

extension [DumpTable] {
    /// So many groups that take about as long as each other; fewer where there is not enough.
    /// The largest come first.
    func balanced(into count: Int) -> [[DumpTable]] {
        var groups = [(weight: Int, tables: [DumpTable])](
            repeating: (0, []), count: Swift.max(1, count))
        let ordered = sorted { ($0.size, $1.shown) > ($1.size, $0.shown) }
        for table in ordered {
            let lightest = groups.indices.min { groups[$0].weight < groups[$1].weight } ?? 0
            // An empty table costs something, too.
            groups[lightest].weight += table.size + 16_384
            groups[lightest].tables.append(table)
        }
        return groups.map(\.tables).filter { !$0.isEmpty }
    }
}
