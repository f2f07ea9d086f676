public import Postgres
public import Vocabulary

/// A database that a snapshot is made of, with all that it takes to reach it.
public struct DatabaseSource: Sendable {
    /// By which the environment knows it, and the snapshot keeps it.
    public var name: String
    /// With the password, where there is one.
    public var settings: PostgresSettings
    /// How many pg_dump take tables from it at once.
    public var jobs: Int

    public init(name: String, settings: PostgresSettings, jobs: Int = 2) {
        self.name = name
        self.settings = settings
        self.jobs = jobs
    }

    public init(_ database: DatabaseSettings, password: Sensitive<String>?) {
        self.init(
            name: database.name, settings: PostgresSettings(database, password: password),
            jobs: database.jobs)
    }
}

extension PostgresSettings {
    /// What an environment says of a database, in libpq's words.
    public init(_ database: DatabaseSettings, password: Sensitive<String>?) {
        self.init(database: database.database, password: password)
        host = database.host
        self["port"] = database.port.map { "\($0)" }
        user = database.user
        self["sslmode"] = database.tls?.rawValue
        rootCertificate = database.authorities
        applicationName = "finflowctl backup"
    }
}
