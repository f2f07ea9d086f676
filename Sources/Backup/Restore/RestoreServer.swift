import Loop
public import Postgres

/// A server that databases are restored to, and the programs for it.
public struct RestoreServer: Sendable {
    /// Of the server; which database they name does not matter.
    public var settings: PostgresSettings
    /// A database that is there to connect to while others are made and renamed.
    public var maintenance: String
    let programs: PostgresPrograms
    let password: PasswordFile?

    /// - Parameter installed: programs of PostgreSQL on this machine.
    /// - Throws: ``SnapshotError/noPrograms(server:found:)``; `PostgresError` where the server
    ///   cannot be reached.
    public init(
        _ settings: PostgresSettings, maintenance: String = "postgres",
        installed: [PostgresPrograms]
    ) async throws {
        self.settings = settings
        self.maintenance = maintenance
        password =
            if let secret = settings.password { try await PasswordFile(secret) } else { nil }
        var reach = settings
        reach.database = maintenance
        let version = try await PostgresConnection.withConnection(reach) {
            try await $0.serverVersion
        }
        programs = try PostgresPrograms.choose(from: installed, for: version)
    }

    /// Settings of a session in which nothing of the server's or the database's own keeps a
    /// restore from its work, or makes rows look otherwise than they were dumped.
    func settings(for database: String) -> PostgresSettings {
        var settings = settings
        settings.database = database
        let own = settings["options"].map { "\($0) " } ?? ""
        settings["options"] =
            own + "-c default_transaction_read_only=off -c statement_timeout=0"
            + " -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
        return settings
    }

    func withMaintenance<Value: Sendable>(
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await PostgresConnection.withConnection(settings(for: maintenance), body)
    }

    /// pg_restore that applies what it reads from standard input, or from a file.
    func restoring(into database: String, _ arguments: [String]) -> ProgramFeed {
        ProgramFeed(
            command: programs.command(
                .restore, ["--exit-on-error"] + arguments, to: settings(for: database),
                password: password))
    }

    /// pg_restore that only prints.
    func printing(_ arguments: [String]) -> ProgramFeed {
        ProgramFeed(
            command: Command(
                programs.path(.restore), ["--file=-"] + arguments,
                environment: PostgresPrograms.environment(nil), directory: "/"))
    }
}

extension RestoreServer {
    /// With whoever is connected to it, and also where it was made a template, or has
    /// subscriptions: nothing of these was ever connected.
    func dropDatabase(_ name: String, _ connection: PostgresConnection) async throws {
        let rows = try await connection.query(
            """
            SELECT datistemplate, EXISTS (SELECT FROM pg_subscription s WHERE s.subdbid = d.oid)
            FROM pg_database d WHERE datname = $1
            """, [.text(name)])
        guard let row = rows.first else { return }
        let quoted = try quoteIdentifier(name)
        if try row.decode(at: 0, as: Bool.self) {
            try await connection.runScript("ALTER DATABASE \(quoted) IS_TEMPLATE false")
        }
        if try row.decode(at: 1, as: Bool.self) { try await dropSubscriptions(of: name) }
        try await connection.runScript("DROP DATABASE \(quoted) WITH (FORCE)")
    }

    /// Without a word to their publishers, whose slots are not this database's.
    private func dropSubscriptions(of database: String) async throws {
        try await PostgresConnection.withConnection(settings(for: database)) { connection in
            let names = try await connection.query(
                """
                SELECT subname FROM pg_subscription
                WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            ).map { try $0.decode(at: 0, as: String.self) }
            for name in names {
                let quoted = try quoteIdentifier(name)
                try await connection.runScript(
                    """
                    ALTER SUBSCRIPTION \(quoted) DISABLE;
                    ALTER SUBSCRIPTION \(quoted) SET (slot_name = NONE);
                    DROP SUBSCRIPTION \(quoted);
                    """)
            }
        }
    }
}
