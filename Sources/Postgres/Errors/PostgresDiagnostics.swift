public import Vocabulary

extension Diagnostic.Code {
    public static let postgresUnreachable = Self(
        "FF1700", "a PostgreSQL server cannot be reached", status: .unreachable,
        explanation: """
            The server's name could not be looked up, nothing listens at its address and port, or \
            nothing answered in time. Try the same with `pg_isready -h HOST -p PORT`: security \
            groups, `listen_addresses` and a stopped server all look like this.
            """)
    public static let postgresAuthentication = Self(
        "FF1701", "a PostgreSQL server does not let the user in", status: .unreachable,
        explanation: """
            The password is missing or wrong, the user may not log in, or no line of the server's \
            pg_hba.conf lets this user into this database from here. The server's log says which; \
            a client is not told. libpq takes a password from the settings, PGPASSWORD or \
            ~/.pgpass, which it ignores unless its mode is 0600.
            """)
    public static let postgresTLS = Self(
        "FF1702", "TLS with a PostgreSQL server fails", status: .unreachable,
        explanation: """
            With `sslmode=verify-full` the server's certificate must be signed by a CA of \
            `sslrootcert` (or ~/.postgresql/root.crt), be valid today, and carry the very name \
            that is connected to. Nothing was sent to the server beyond the handshake.
            """)
    public static let postgresStarting = Self(
        "FF1703", "a PostgreSQL server takes no connections yet", status: .unreachable,
        explanation: """
            The server starts, recovers after a crash, or shuts down (SQLSTATE 57P03). It will \
            take connections when it is done; a standby with hot_standby off never does.
            """)
    public static let postgresUnknownDatabase = Self(
        "FF1704", "a PostgreSQL server has no such database", status: .badInput,
        explanation: "`psql -l` lists those that it has. Names are case-sensitive here.")
    public static let postgresTooMany = Self(
        "FF1705", "a PostgreSQL server has no connection left", status: .unreachable,
        explanation: """
            `max_connections`, or a limit of the role or the database, is reached. \
            `select count(*), usename from pg_stat_activity group by 2` says who holds them.
            """)
    public static let postgresLost = Self(
        "FF1706", "a connection to a PostgreSQL server broke", status: .unreachable,
        explanation: """
            The session ended after it had been made: the server was stopped or crashed, an \
            administrator ended the session, or the network forgot it. Whether a statement that \
            was under way took effect is not known, unless it was part of a transaction, whose \
            COMMIT was not reached.
            """)
    public static let postgresStatement = Self(
        "FF1707", "a PostgreSQL server refuses a statement", status: .failed,
        explanation: """
            The message is the server's own. The five letters and digits in parentheses are its \
            SQLSTATE, which PostgreSQL's documentation lists in appendix A.
            """)
    public static let postgresSettings = Self(
        "FF1708", "the settings of a PostgreSQL connection cannot be used",
        explanation: """
            They are libpq's: `host=… dbname=…`, or `postgresql://user@host:port/database`, or a \
            service of ~/.pg_service.conf, with what is left out taken from PGHOST and its like. \
            What was written is not repeated here, for there may be a password in it.
            """)
    public static let postgresDecoding = Self(
        "FF1709", "a value of a PostgreSQL server is not of the expected type", status: .software,
        explanation: "A statement's columns are not what finflowctl reads them as: this is a bug.")
    public static let postgresMisuse = Self(
        "FF1710", "a PostgreSQL connection was used wrongly", status: .software,
        explanation: "This is a bug in finflowctl.")
}

public enum PostgresDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .postgresUnreachable, .postgresAuthentication, .postgresTLS, .postgresStarting,
        .postgresUnknownDatabase, .postgresTooMany, .postgresLost, .postgresStatement,
        .postgresSettings, .postgresDecoding, .postgresMisuse,
    ]
}

extension PostgresDiagnostics {
    static func describe(_ error: PostgresError) -> Diagnostic {
        let said = error.description.visible
        switch error.kind {
        case .connection(let failure):
            return Diagnostic(code(of: failure), said, help: help(with: failure))
        case .statement:
            let more = [error.detail, error.hint].compactMap { $0?.visible }
            return Diagnostic(
                .postgresStatement, said, help: more.isEmpty ? nil : more.joined(separator: " "))
        case .settings: return Diagnostic(.postgresSettings, said)
        case .decoding: return Diagnostic(.postgresDecoding, said)
        case .misuse: return Diagnostic(.postgresMisuse, said)
        }
    }

    private static func code(of failure: PostgresError.ConnectionFailure) -> Diagnostic.Code {
        switch failure {
        case .unknownHost, .unreachable, .refused, .timeout, .wrongRole: .postgresUnreachable
        case .tls: .postgresTLS
        case .authentication, .rejected: .postgresAuthentication
        case .startingUp: .postgresStarting
        case .unknownDatabase: .postgresUnknownDatabase
        case .tooManyConnections: .postgresTooMany
        case .lost: .postgresLost
        case .closed: .postgresMisuse
        }
    }

    private static func help(with failure: PostgresError.ConnectionFailure) -> String? {
        switch failure {
        case .refused: "Check host and port, and that the server runs there."
        case .startingUp: "Try again when it has started."
        case .tooManyConnections: "End sessions that are not needed, or raise the limit."
        default: nil
        }
    }
}
