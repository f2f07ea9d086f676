import Loop
import Postgres

/// What a dump says of the database itself, beside all that is in it: how it is made, whose it is,
/// its settings and privileges. pg_restore applies these only under the database's own name
/// (`--create`); here they are applied under another.
struct DatabaseDefinition: Sendable {
    /// As the database was called where it was dumped.
    let name: String
    private let creation: SQLStatement
    /// What comes before the data, for settings such as `lc_monetary` have a say in how these are
    /// read.
    private let early: [SQLStatement]
    /// What would be in the way while it is filled.
    private let late: [SQLStatement]

    /// - Parameter script: what `pg_restore --create --file=-` makes of the dump.
    /// - Returns: `nil` where none is defined.
    init?(_ script: [UInt8]) {
        var creation: SQLStatement?
        var others: [SQLStatement] = []
        for statement in SQLScript(script).statements {
            if statement.begins(with: "CREATE", "DATABASE") {
                creation = statement
            } else if Self.isOfDatabase(statement) {
                others.append(statement)
            }
        }
        guard let creation, let name = creation.name(behind: "DATABASE") else { return nil }
        self.name = name
        self.creation = creation
        early = others.filter { !Self.isObstacle($0) }
        late = others.filter(Self.isObstacle)
    }

    private static func isOfDatabase(_ statement: SQLStatement) -> Bool {
        statement.begins(with: "ALTER", "DATABASE")
            || statement.begins(with: "COMMENT", "ON", "DATABASE")
            || (statement.begins(with: "ALTER", "ROLE") && statement.contains("IN", "DATABASE"))
            || (statement.begins(with: "SECURITY", "LABEL") && statement.contains("ON", "DATABASE"))
            || ((statement.begins(with: "GRANT") || statement.begins(with: "REVOKE"))
                && statement.contains("ON", "DATABASE"))
    }

    private static func isObstacle(_ statement: SQLStatement) -> Bool {
        statement.begins(with: "ALTER", "DATABASE")
            && (statement.contains("CONNECTION", "LIMIT") || statement.contains("IS_TEMPLATE"))
    }

    /// Makes an empty one.
    ///
    /// - Parameter tablespaces: whether the server has those of the dump.
    func create(
        as new: String, withTablespaces tablespaces: Bool, over connection: PostgresConnection
    ) async throws {
        var statement = try creation.renaming(database: name, to: new)
        if !tablespaces { statement = statement.withoutSetting("TABLESPACE") }
        try await connection.runScript(statement.text)
        for statement in early {
            try await connection.runScript(statement.renaming(database: name, to: new).text)
        }
    }

    func complete(_ new: String, over connection: PostgresConnection) async throws {
        for statement in late {
            try await connection.runScript(statement.renaming(database: name, to: new).text)
        }
    }
}

extension SQLStatement {
    /// Without `WORD = value`.
    func withoutSetting(_ word: String) -> SQLStatement {
        guard
            let place = tokens.indices.first(where: {
                tokens[$0].kind == .word && tokens[$0].text.uppercased() == word
            }), tokens.count > place + 2, tokens[place + 1].text == "="
        else { return self }
        var statement = self
        statement.tokens.removeSubrange(place...(place + 2))
        return statement
    }
}
