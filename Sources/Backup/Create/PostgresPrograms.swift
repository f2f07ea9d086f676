import Glibc
public import Loop
public import Postgres
import Vocabulary

/// pg_dump, pg_dumpall and pg_restore of one version of PostgreSQL.
public struct PostgresPrograms: Hashable, Sendable {
    public enum Program: String, Sendable, CaseIterable {
        case dump = "pg_dump"
        case dumpAll = "pg_dumpall"
        case restore = "pg_restore"
    }

    /// That they lie in.
    public let directory: String
    /// `15.20 (Debian 15.20-0+deb12u1)`, as pg_dump says.
    public let version: String

    public var major: Int { Int(version.prefix { $0.isNumber }) ?? 0 }

    public func path(_ program: Program) -> String { "\(directory)/\(program.rawValue)" }
}

// MARK: Which ones

extension PostgresPrograms {
    /// Where programs are looked for.
    public struct Places: Sendable {
        /// Debian's, which has a directory for each version.
        public var versions = "/usr/lib/postgresql"
        /// With colons between.
        public var path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"

        public init() {}

        fileprivate var directories: [String] {
            let names = (try? FileCalls.names(in: versions)) ?? []
            return names.map { "\(versions)/\($0)/bin" }
                + path.split(separator: ":").map(String.init)
        }
    }

    /// All that are here, each with its version.
    public static func installed(in places: Places = Places()) async throws -> [Self] {
        let directories = await BlockingPool.shared.run {
            places.directories.filter { directory in
                Program.allCases.allSatisfy { access("\(directory)/\($0.rawValue)", X_OK) == 0 }
            }
        }
        var found: [Self] = []
        for directory in directories where !found.contains(where: { $0.directory == directory }) {
            let run = try await ChildProcess.collect(
                Command("\(directory)/\(Program.dump.rawValue)", ["--version"], directory: "/"))
            // `pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`
            guard run.exit.isSuccess, let end = run.outputText.firstRange(of: ") ")?.upperBound
            else { continue }
            let version = run.outputText[end...].prefix { $0 != "\n" }
            found.append(Self(directory: directory, version: String(version)))
        }
        return found
    }

    /// Those for a server: of its own major version if they are here, else the newest, if they
    /// are not older than the server. An older pg_dump refuses, or overlooks what it does not know.
    ///
    /// - Throws: ``SnapshotError/noPrograms(server:found:)``.
    public static func choose(
        from installed: [Self], for server: PostgresVersion
    ) throws(SnapshotError) -> Self {
        let own = installed.first { $0.major == server.major }
        let newest = installed.max { $0.major < $1.major }
        guard let chosen = own ?? newest, chosen.major >= server.major else {
            throw .noPrograms(server: "\(server)", found: installed.map(\.version))
        }
        return chosen
    }
}

// MARK: How they are run

extension PostgresPrograms {
    /// A program that reaches what `settings` say: its password comes from `password`'s file, and
    /// nothing secret stands in its arguments or its environment.
    ///
    /// - Parameter database: another one than the settings name.
    public func command(
        _ program: Program, _ arguments: [String], to settings: PostgresSettings,
        password: PasswordFile?, database: String? = nil
    ) -> Command {
        var settings = settings
        settings.database = database ?? settings.database
        var words = ["--no-password"]
        switch program {
        case .dumpAll:
            // Its `--dbname` names no database to begin with.
            words += ["--dbname=\(settings.conninfo(withDatabase: false))"]
            if let name = settings.database {
                words += ["--database=\(Self.conninfo([("dbname", name)]))"]
            }
        case .dump, .restore: words += ["--dbname=\(settings.conninfo(withDatabase: true))"]
        }
        return Command(
            path(program), words + arguments, environment: Self.environment(password),
            directory: "/")
    }

    /// This process's own, with the messages in English and the password's file.
    public static func environment(_ password: PasswordFile?) -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        // A dump is in the database's own encoding.
        variables["PGCLIENTENCODING"] = nil
        variables["LC_ALL"] = "C.UTF-8"
        variables["LANGUAGE"] = nil
        if let password {
            // Would win over the file.
            variables["PGPASSWORD"] = nil
            variables["PGPASSFILE"] = password.path
        }
        return variables
    }

    /// `dbname='a b' host='db'` (PostgreSQL 15, 34.1.1.1).
    fileprivate static func conninfo(_ words: [(String, String)]) -> String {
        words.map { keyword, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
            return "\(keyword)='\(escaped)'"
        }.joined(separator: " ")
    }
}

extension PostgresSettings {
    /// What is not secret of it: `password` and `sslpassword` cannot be among these.
    fileprivate func conninfo(withDatabase: Bool) -> String {
        let keywords = [
            "service", "host", "hostaddr", "port", "user", "sslmode", "sslrootcert", "sslcert",
            "sslkey", "sslcrl", "sslcrldir", "sslsni", "ssl_min_protocol_version",
            "ssl_max_protocol_version", "channel_binding", "connect_timeout", "options",
            "target_session_attrs", "keepalives", "keepalives_idle", "keepalives_interval",
            "keepalives_count", "tcp_user_timeout", "passfile", "requirepeer", "krbsrvname",
            "gssencmode",
        ]
        return PostgresPrograms.conninfo(
            ((withDatabase ? ["dbname"] : []) + keywords).compactMap { keyword in
                self[keyword].map { (keyword, $0) }
            })
    }
}
