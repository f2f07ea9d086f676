import Postgres

/// The roles and tablespaces that a dump knows of, from `pg_dumpall --globals-only`.
///
/// Only what is missing is made: what a server has is left as it is. New roles have no passwords,
/// for none were kept: who logs in as one gets a password first.
struct ServerGlobals: Sendable {
    private let statements: [SQLStatement]

    init(_ script: [UInt8]) {
        statements = SQLScript(script).statements
    }

    var roles: [String] {
        statements.compactMap { statement in
            statement.begins(with: "CREATE", "ROLE") ? statement.name(behind: "ROLE") : nil
        }
    }

    var tablespaces: [String] {
        statements.compactMap { statement in
            statement.begins(with: "CREATE", "TABLESPACE")
                ? statement.name(behind: "TABLESPACE") : nil
        }
    }

    /// Whether the server has all the tablespaces: they are directories, which nobody can make
    /// from here.
    func hasTablespaces(_ connection: PostgresConnection) async throws -> Bool {
        let known = try await Self.names("SELECT spcname FROM pg_tablespace", connection)
        return known.isSuperset(of: tablespaces)
    }

    /// Makes the roles that are missing, in one transaction.
    ///
    /// - Returns: their names.
    @discardableResult
    func makeRoles(_ connection: PostgresConnection) async throws -> [String] {
        let known = try await Self.names("SELECT rolname FROM pg_roles", connection)
        let missing = roles.filter { !known.contains($0) }
        guard !missing.isEmpty else { return [] }
        let isSuperuser: Bool = try await connection.query(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).value()
        let lines = ["BEGIN"] + plan(for: Set(missing), asSuperuser: isSuperuser).map(\.text)
        do {
            try await connection.runScript((lines + ["COMMIT"]).joined(separator: ";\n"))
        } catch {
            try? await connection.runScript("ROLLBACK")
            throw error
        }
        return missing
    }

    private func plan(for missing: Set<String>, asSuperuser: Bool) -> [SQLStatement] {
        statements.filter { Self.concerns($0, missing) }.map { statement in
            guard !asSuperuser else { return statement }
            // What is so anyhow, only a superuser may say; and the one who grants is this one.
            return statement.without(["NOSUPERUSER", "NOREPLICATION", "NOBYPASSRLS"])
                .withoutGrantor
        }
    }

    private static func concerns(_ statement: SQLStatement, _ missing: Set<String>) -> Bool {
        if statement.begins(with: "CREATE", "ROLE") || statement.begins(with: "ALTER", "ROLE") {
            return statement.name(behind: "ROLE").map(missing.contains) ?? false
        }
        if statement.begins(with: "COMMENT", "ON", "ROLE") {
            return statement.name(behind: "ON", "ROLE").map(missing.contains) ?? false
        }
        // Memberships; privileges have an ON.
        guard statement.begins(with: "GRANT"), !statement.contains("ON") else { return false }
        let names = [statement.name(behind: "GRANT"), statement.name(behind: "TO")]
        return names.contains { $0.map(missing.contains) ?? false }
    }

    private static func names(
        _ sql: String, _ connection: PostgresConnection
    ) async throws -> Set<String> {
        var names: Set<String> = []
        for row in try await connection.query(sql) { names.insert(try row.decode(at: 0)) }
        return names
    }
}

extension SQLStatement {
    /// Without `GRANTED BY name`.
    fileprivate var withoutGrantor: SQLStatement {
        guard
            let place = tokens.indices.first(where: {
                tokens[$0].kind == .word && tokens[$0].text.uppercased() == "GRANTED"
            })
        else { return self }
        return SQLStatement(tokens: Array(tokens[..<place]))
    }
}
