import Glibc
import Lab
import LabTraits
import Postgres
import Testing
import Vocabulary

@Suite(.postgres, .timeLimit(.minutes(1))) struct PasswordTests {
    private static let password = "hunter2 s'ecr\\et é@:/?"
    private static let access = [
        "local all all trust", "host all postgres 127.0.0.1/32 trust",
        "host all all 127.0.0.1/32 scram-sha-256",
    ]

    private func withClerk(_ body: (PostgresLab) async throws -> Void) async throws {
        try await withLab(PostgresLab.Options(access: Self.access)) { lab in
            try await PostgresConnection.withConnection(lab.settings()) { connection in
                try await connection.runScript(
                    "create role clerk login password \(quoteLiteral(Self.password))")
            }
            try await body(lab)
        }
    }

    private func user(_ settings: PostgresSettings) async throws -> String {
        try await PostgresConnection.withConnection(settings) {
            try await $0.query("select current_user::text").value()
        }
    }

    @Test func `A password is taken from settings, URI and password file`() async throws {
        try await withClerk { lab in
            var settings = lab.settings { $0.user = "clerk" }
            settings.password = Sensitive(Self.password)
            #expect(try await user(settings) == "clerk")

            let uri = try PostgresSettings(
                Sensitive(
                    "postgresql://clerk:hunter2%20s%27ecr%5Cet%20%C3%A9%40%3A%2F%3F@127.0.0.1:"
                        + "\(lab.port)/postgres"))
            #expect(try await user(uri) == "clerk")

            try await withDirectory { folder in
                let escaped = Self.password.split(separator: "\\").joined(separator: "\\\\")
                    .split(separator: ":").joined(separator: "\\:")
                try LocalSSHD.write(
                    "127.0.0.1:\(lab.port):*:clerk:\(escaped)\n", to: "\(folder)/.pgpass")
                chmod("\(folder)/.pgpass", 0o600)
                settings.password = nil
                settings.passwordFile = "\(folder)/.pgpass"
                #expect(try await user(settings) == "clerk")
                await #expect(processExitsWith: .success) {
                    [folder = folder as String, port = Int(lab.port) as Int] in
                    setenv("HOME", folder, 1)
                    let settings = PostgresSettings(
                        host: "127.0.0.1", port: UInt16(port), database: "postgres", user: "clerk")
                    try await PostgresConnection.withConnection(settings) { connection in
                        let one: Int = try await connection.query("select 1").value()
                        #expect(one == 1)
                    }
                }
            }
        }
    }

    @Test func `A wrong and a missing password are told from a server that is down`() async throws {
        try await withClerk { lab in
            let wrong = lab.settings {
                $0.user = "clerk"
                $0.password = Sensitive("wrong")
            }
            let error = try await postgresError { _ = try await user(wrong) }
            #expect(error.failure == .authentication)
            #expect(error.sqlState == .invalidPassword)
            #expect(!error.isTransient)
            #expect(error.diagnostic().code == .postgresAuthentication)
            let missing = try await postgresError {
                _ = try await user(
                    lab.settings {
                        $0.user = "clerk"
                        $0.passwordFile = "/nonexistent"
                    })
            }
            #expect(missing.failure == .authentication)
            let stranger = try await postgresError {
                _ = try await user(
                    lab.settings {
                        $0.user = "nobody"
                        $0.password = Sensitive("any")
                    })
            }
            #expect(stranger.failure == .authentication)
        }
    }

    @Test func `A password is in no description, no reflection and no error`() async throws {
        let secret = "hunter2"
        var shown: [String] = []
        func note(_ value: some Any) {
            var text = ""
            dump(value, to: &text)
            shown += [String(describing: value), String(reflecting: value), text]
        }
        // What cannot be read, in ways in which libpq would repeat it.
        for text in [
            "postgresql://ops:\(secret)@[::1/db", "postgresql://ops:\(secret)@db:port:1/x",
            "postgresql://ops:\(secret)@db/x?colour=\(secret)", "password=\(secret) \(secret)",
            "password='\(secret)", "\(secret)=1", "host=db password=a \(secret)=b",
            "postgresql://ops:%zz\(secret)@db/x", "postgresql://ops:\(secret)%00@db/x",
            "password=\(secret)\0",
        ] {
            do {
                note(try PostgresSettings(text))
                shown.append("read: \(shown.count)")
            } catch {
                #expect(error.kind == .settings)
                note(error)
                note(error.diagnostic())
            }
        }
        try await withClerk { lab in
            for change: @Sendable (inout PostgresSettings) -> Void in [
                { $0.user = "clerk" }, { $0.port = 1 }, { $0.database = "none" },
                { $0.host = "db.invalid" }, { $0.tlsMode = .verifyFull }, { $0["colour"] = "blue" },
            ] {
                var settings = lab.settings(change)
                settings.password = Sensitive(secret)
                settings.keyPassphrase = Sensitive(secret)
                note(settings)
                do {
                    note(try await PostgresConnection.connect(settings))
                } catch let error as PostgresError {
                    note(error)
                    note(error.diagnostic())
                }
            }
        }
        #expect(shown.count > 80)
        #expect(shown.filter { $0.contains(secret) } == [])
    }
}
