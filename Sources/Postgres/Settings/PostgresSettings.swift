public import Vocabulary

/// Where to connect to and how, in libpq's words (PostgreSQL's documentation, 34.1.2).
///
/// What is not set here libpq takes from where it always does: the service file, `PGHOST` and
/// its like, `~/.pgpass`, its own defaults. Passwords are kept apart and never shown.
public struct PostgresSettings: Sendable {
    /// libpq's keywords and their values, without the secret ones.
    private(set) var keywords: [String: String] = [:]
    public var password: Sensitive<String>?
    /// Of the client's private key.
    public var keyPassphrase: Sensitive<String>?

    public init(
        host: String? = nil, port: UInt16? = nil, database: String? = nil, user: String? = nil,
        password: Sensitive<String>? = nil
    ) {
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.password = password
    }

    /// Any of libpq's keywords, such as `options` or `keepalives_idle`. `password` and
    /// `sslpassword` have properties of their own.
    public subscript(keyword: String) -> String? {
        get { keywords[keyword] }
        set {
            switch keyword {
            case "password": password = newValue.map(Sensitive.init)
            case "sslpassword": keyPassphrase = newValue.map(Sensitive.init)
            default: keywords[keyword] = newValue
            }
        }
    }
}

extension PostgresSettings {
    /// What is asked of TLS, weakest first (34.19).
    public enum TLSMode: String, Hashable, Sendable, CaseIterable {
        case disable, allow, prefer, require
        case verifyCA = "verify-ca"
        case verifyFull = "verify-full"
    }

    /// A name, an address, or the directory of a UNIX socket; several with commas between are
    /// tried in turn.
    public var host: String? {
        get { self["host"] }
        set { self["host"] = newValue }
    }

    public var port: UInt16? {
        get { self["port"].flatMap { UInt16($0) } }
        set { self["port"] = newValue.map { String($0) } }
    }

    public var database: String? {
        get { self["dbname"] }
        set { self["dbname"] = newValue }
    }

    public var user: String? {
        get { self["user"] }
        set { self["user"] = newValue }
    }

    public var service: String? {
        get { self["service"] }
        set { self["service"] = newValue }
    }

    public var passwordFile: String? {
        get { self["passfile"] }
        set { self["passfile"] = newValue }
    }

    public var tlsMode: TLSMode? {
        get { self["sslmode"].flatMap(TLSMode.init(rawValue:)) }
        set { self["sslmode"] = newValue?.rawValue }
    }

    /// A file of the CAs that sign servers' certificates, PEM.
    public var rootCertificate: String? {
        get { self["sslrootcert"] }
        set { self["sslrootcert"] = newValue }
    }

    /// In whole seconds, for each address that is tried; 10 s when nothing sets it, `.zero` for
    /// as long as it takes.
    public var connectTimeout: Duration? {
        get { self["connect_timeout"].flatMap { Int($0) }.map { .seconds($0) } }
        set { self["connect_timeout"] = newValue.map { String($0.components.seconds) } }
    }

    public var applicationName: String? {
        get { self["application_name"] }
        set { self["application_name"] = newValue }
    }
}

extension PostgresSettings: CustomStringConvertible {
    /// `database payments on db.internal:5432 as ops`, as far as the settings say it.
    public var description: String {
        var text = database.map { "database \($0)" } ?? "PostgreSQL"
        if let host { text += " on \(host)\(self["port"].map { ":\($0)" } ?? "")" }
        if let service { text += " (service \(service))" }
        if let user { text += " as \(user)" }
        return text
    }
}
