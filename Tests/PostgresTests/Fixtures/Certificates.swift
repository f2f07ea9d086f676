import Lab
import Loop

/// A certificate authority for one test, and certificates that it has signed.
struct Certificates {
    let folder: String

    /// A file that a client trusts.
    var authority: String { "\(folder)/ca.crt" }

    static func make(in folder: String) async throws -> Certificates {
        let certificates = Certificates(folder: folder)
        try await certificates.run(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                + "-subj /CN=lab-ca -keyout ca.key -out ca.crt")
        return certificates
    }

    /// Makes `NAME.crt` and `NAME.key`.
    ///
    /// - Parameters:
    ///   - subject: The common name, which of a client is its user.
    ///   - names: As openssl writes them: `DNS:localhost,IP:127.0.0.1`.
    ///   - days: Until it expires; negative for one that has.
    func sign(_ name: String, subject: String, names: String, days: Int = 2) async throws {
        try await run(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=\(subject) "
                + "-keyout \(name).key -out \(name).csr")
        try LocalSSHD.write("subjectAltName=\(names)\n", to: "\(folder)/\(name).ext")
        try await run(
            "x509 -req -in \(name).csr -CA ca.crt -CAkey ca.key -CAcreateserial -days \(days) "
                + "-extfile \(name).ext -out \(name).crt")
    }

    func read(_ file: String) throws -> String { try LocalSSHD.read("\(folder)/\(file)") }

    private func run(_ arguments: String) async throws {
        let result = try await ChildProcess.collect(
            Command(
                "openssl", arguments.split(separator: " ").map(String.init), directory: folder))
        guard result.exit.isSuccess else {
            throw OpenSSLError(text: result.errorText)
        }
    }
}

struct OpenSSLError: Error {
    var text: String
}

extension PostgresLab {
    /// A server with TLS, whose certificate is `server.crt`.
    static func options(
        tls certificates: Certificates, certificate: String = "server", access: [String]
    ) throws -> Options {
        Options(
            settings: [
                "ssl = on", "ssl_cert_file = 'lab.crt'", "ssl_key_file = 'lab.key'",
                "ssl_ca_file = 'lab-ca.crt'",
            ],
            access: access,
            files: [
                "lab.crt": try certificates.read("\(certificate).crt"),
                "lab.key": try certificates.read("\(certificate).key"),
                "lab-ca.crt": try certificates.read("ca.crt"),
            ])
    }
}
