import Loop

/// Compares the definitions of a restored database with those of the snapshot: both as pg_restore
/// writes them out, statement by statement.
struct SchemaComparison: Sendable {
    let reader: SnapshotReader
    let server: RestoreServer
    /// Of the restored database.
    let database: String

    private static let options = ["--create", "--no-tablespaces"]

    /// - Returns: what is different; `nil` when nothing is.
    func difference(from object: ManifestObject) async throws -> String? {
        let section = object.content.rawValue
        let expected = SQLScript(
            try await reader.output(of: server.printing(Self.options), reading: object)
        ).statements
        let printed = Printed()
        let dump = server.programs.command(
            .dump,
            ["--format=custom", "--compress=0", "--section=\(section)", "--no-tablespaces"],
            to: server.settings(for: database), password: server.password)
        try await ProgramOutput.with(dump) { output in
            try await server.printing(Self.options).run(reading: output) { printed.add($0) }
        }
        let found = SQLScript(printed.bytes).statements
        return Self.difference(
            try Self.lines(expected, database), try Self.lines(found, database))
    }

    /// - Parameter database: as it is called where it was restored.
    private static func lines(
        _ statements: [SQLStatement], _ database: String
    ) throws -> [String] {
        let creation = statements.first { $0.begins(with: "CREATE", "DATABASE") }
        guard let name = creation?.name(behind: "DATABASE") else { return statements.map(\.text) }
        return try statements.map { statement in
            var statement = try statement.renaming(database: name, to: database)
            if statement.begins(with: "CREATE", "DATABASE") {
                statement = statement.withoutSetting("TABLESPACE")
            }
            return statement.text
        }
    }

    private static func difference(_ expected: [String], _ found: [String]) -> String? {
        for (old, new) in zip(expected, found) where old != new {
            return "`\(old.start)` was dumped, and `\(new.start)` is there"
        }
        if expected.count > found.count {
            return "`\(expected[found.count].start)` was dumped, and is not there"
        }
        if found.count > expected.count {
            return "`\(found[expected.count].start)` is there, and was not dumped"
        }
        return nil
    }
}

extension String {
    /// As much as fits into a message, on one line.
    fileprivate var start: String {
        let line = split { $0 == "\n" }.joined(separator: " ")
        return line.count > 160 ? "\(line.prefix(160))…" : line
    }
}
