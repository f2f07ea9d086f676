public import Schema
import Vocabulary

/// One of an environment's databases, as `databases:` in environment.yaml names it.
///
/// What is left out is as libpq has it: PGHOST, the service file, `~/.pgpass`
/// (PostgreSQL 15, 34.1.2).
public struct DatabaseSettings: SchemaModel, Hashable {
    /// By which FinFlow knows it: `payments`.
    public internal(set) var name = ""
    /// A host name, an address, or the directory of a Unix socket.
    public var host: String?
    public var port: Int?
    /// Its name on the server.
    public var database = ""
    public var user: String?
    /// The credential of secrets.age that is the user's password.
    public var credential: String?
    public var tls: TLSMode?
    /// A file of certificates in PEM, the authorities that are trusted.
    public var authorities: String?
    /// How many pg_dump or pg_restore work on it at once.
    public var jobs = 2

    public init() {}

    /// How much of TLS is wanted: libpq's `sslmode` (PostgreSQL 15, 34.19.1).
    public enum TLSMode: String, Sendable, CaseIterable {
        case disable, allow, prefer, require
        case verifyAuthority = "verify-ca"
        case verifyFull = "verify-full"
    }

    public static let schema = Schema<DatabaseSettings>(
        "database", summary: "A PostgreSQL database of the environment.",
        details: """
            What is left out is as libpq has it: the variables PGHOST and so on, the service file, \
            `~/.pgpass`. A password never stands here: `credential` names one of secrets.age.
            """,
        fields: [
            .optional(
                "host", \.host, .text, "A host name, an address, or the directory of a socket."),
            .optional("port", \.port, .port, "The server's port."),
            .optional(
                "database", \.database, .databaseName, default: "as it is called here",
                "Its name on the server."),
            .optional("user", \.user, .text, "Who logs in."),
            .optional(
                "credential", \.credential, .text,
                "The credential of secrets.age that is the user's password."),
            .optional(
                "sslmode", \.tls, .word(),
                "How much of TLS is wanted, in libpq's words: `verify-full` proves the server."),
            .optional(
                "sslrootcert", \.authorities, .absolutePath,
                "The certificates of the authorities that are trusted, in PEM."),
            .optional(
                "jobs", \.jobs, .wholeNumber(in: 1...16), default: "2",
                "How many pg_dump work on it at once."),
        ],
        example: """
            host: payments.db.finflow.internal
            user: backup
            credential: payments_backup
            sslmode: verify-full
            sslrootcert: /etc/finflow/rds-ca.pem
            """)

    /// The section `databases:`: each by its name.
    public static let section = FieldType<[DatabaseSettings]>.named(
        .nested(DatabaseSettings.self)
    ) { name, settings in
        settings.name = name
        if settings.database.isEmpty { settings.database = name }
    }
}

extension FieldType where Output == String {
    /// What PostgreSQL takes for a database's name: up to 63 bytes, none of them NUL.
    fileprivate static var databaseName: FieldType<String> {
        text.checked { text in
            (1...63).contains(text.utf8.count) && !text.utf8.contains(0)
                ? nil : "`\(text.visible)` cannot be a database's name (1 to 63 bytes)"
        }
    }
}
