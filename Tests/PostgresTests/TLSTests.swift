import Glibc
import Lab
import LabTraits
import Postgres
import Testing
import Vocabulary

@Suite(.postgres, .timeLimit(.minutes(1))) struct TLSTests {
    private static let onlyTLS = ["hostssl all all 127.0.0.1/32 trust"]

    private func withTLS(
        names: String = "DNS:localhost,IP:127.0.0.1", days: Int = 2, access: [String] = onlyTLS,
        _ body: (PostgresLab, Certificates) async throws -> Void
    ) async throws {
        try await withDirectory { folder in
            let certificates = try await Certificates.make(in: folder)
            try await certificates.sign("server", subject: "server", names: names, days: days)
            let options = try PostgresLab.options(tls: certificates, access: access)
            try await withLab(options) { try await body($0, certificates) }
        }
    }

    private func outcome(_ settings: PostgresSettings) async throws -> String {
        do {
            return try await PostgresConnection.withConnection(settings) { connection in
                try await connection.isEncrypted ? "encrypted" : "plain"
            }
        } catch let error as PostgresError {
            return error.failure?.rawValue ?? "\(error)"
        }
    }

    @Test func `verify-full takes a certificate of the right name from the right authority`()
        async throws
    {
        try await withTLS { lab, certificates in
            let good = lab.settings {
                $0.host = "localhost"
                $0.tlsMode = .verifyFull
                $0.rootCertificate = certificates.authority
            }
            #expect(try await outcome(good) == "encrypted")
            // By address, which stands in the certificate too.
            var byAddress = good
            byAddress.host = "127.0.0.1"
            #expect(try await outcome(byAddress) == "encrypted")

            let other = try await Self.otherAuthority(in: certificates.folder)
            var stranger = good
            stranger.rootCertificate = other
            #expect(try await outcome(stranger) == "tls")
            var none = good
            none.rootCertificate = "/nonexistent/root.crt"
            #expect(try await outcome(none) == "tls")
            // Enough data for many records goes through.
            try await PostgresConnection.withConnection(good) { connection in
                let text: String = try await connection.query("select repeat('x', 8000000)").value()
                #expect(text.utf8.count == 8_000_000)
                var size = 0
                for try await chunk in connection.copyOut(
                    "copy (select repeat('y', x % 20000) from generate_series(1, 3000) x) to stdout"
                ) {
                    size += chunk.count
                }
                #expect(size == (1...3000).reduce(0) { $0 + $1 % 20000 + 1 })
            }
        }
    }

    private static func otherAuthority(in folder: String) async throws -> String {
        let path = "\(folder)/other"
        mkdir(path, 0o700)
        return try await Certificates.make(in: path).authority
    }

    @Test func `verify-full refuses another name, verify-ca does not look at it`() async throws {
        try await withTLS(names: "DNS:db.example") { lab, certificates in
            var settings = lab.settings {
                $0.host = "localhost"
                $0.tlsMode = .verifyFull
                $0.rootCertificate = certificates.authority
            }
            let error = try await postgresError {
                _ = try await PostgresConnection.connect(settings)
            }
            #expect(error.failure == .tls)
            #expect(error.message.contains("db.example"))
            #expect(error.diagnostic().code == .postgresTLS)
            settings.tlsMode = .verifyCA
            #expect(try await outcome(settings) == "encrypted")
        }
    }

    @Test func `A certificate that has expired is refused`() async throws {
        try await withTLS(days: -1) { lab, certificates in
            var settings = lab.settings {
                $0.tlsMode = .verifyFull
                $0.rootCertificate = certificates.authority
            }
            let error = try await postgresError {
                _ = try await PostgresConnection.connect(settings)
            }
            #expect(error.failure == .tls)
            // Only those modes that verify look at it.
            settings.tlsMode = .require
            settings.rootCertificate = nil
            #expect(try await outcome(settings) == "encrypted")
        }
    }

    @Test func `Each mode does what it says, with and without TLS on the server`() async throws {
        let plain = try await PostgresLab.shared()
        for (mode, expected) in [
            (PostgresSettings.TLSMode.disable, "plain"), (.allow, "plain"), (.prefer, "plain"),
            (.require, "tls"),
        ] {
            #expect(try await outcome(plain.settings { $0.tlsMode = mode }) == expected, "\(mode)")
        }
        try await withTLS(access: ["host all all 127.0.0.1/32 trust"]) { lab, _ in
            for (mode, expected) in [
                (PostgresSettings.TLSMode.disable, "plain"), (.allow, "plain"),
                (.prefer, "encrypted"), (.require, "encrypted"),
            ] {
                let outcome = try await outcome(lab.settings { $0.tlsMode = mode })
                #expect(outcome == expected, "\(mode)")
            }
        }
        try await withTLS { lab, _ in
            for (mode, expected) in [
                (PostgresSettings.TLSMode.disable, "authentication"), (.allow, "encrypted"),
                (.prefer, "encrypted"),
            ] {
                let outcome = try await outcome(lab.settings { $0.tlsMode = mode })
                #expect(outcome == expected, "\(mode)")
            }
        }
    }

    @Test func `A client's certificate lets its user in, and nobody else`() async throws {
        try await withTLS(access: ["hostssl all all 127.0.0.1/32 cert"]) { lab, certificates in
            try await certificates.sign("ops", subject: "postgres", names: "DNS:ops")
            chmod("\(certificates.folder)/ops.key", 0o600)
            var settings = lab.settings {
                $0.tlsMode = .verifyFull
                $0.rootCertificate = certificates.authority
                $0["sslcert"] = "\(certificates.folder)/ops.crt"
                $0["sslkey"] = "\(certificates.folder)/ops.key"
            }
            #expect(try await outcome(settings) == "encrypted")
            settings.user = "somebody"
            #expect(try await outcome(settings) == "authentication")
        }
    }

    @Test func `A statement is cancelled on an encrypted session too`() async throws {
        try await withTLS { lab, _ in
            try await PostgresConnection.withConnection(lab.settings()) { connection in
                let task = Task { try await connection.query("select pg_sleep(600)") }
                task.cancel()
                await #expect(throws: CancellationError.self) { _ = try await task.value }
                let one: Int = try await connection.query("select 1").value()
                #expect(one == 1)
            }
        }
    }
}
