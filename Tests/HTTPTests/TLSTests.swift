import HTTP
import Lab
import Testing
import Vocabulary

@Suite struct TLSTests {
    @Test(arguments: [LocalHTTPServer.Port.expired, .stranger, .elsewhere, .tls11])
    func aServerThatDoesNotProveItselfIsSentNothing(port: LocalHTTPServer.Port) async throws {
        try await withClient { client, server async throws in
            let request = HTTPRequest(.get, server.url("/hello", port), retry: .upTo(3))
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.kind == .tls, "\(error as Any)")
            #expect(error?.isTransient == false)
            #expect(try await client.count("requests", at: server) == 1)
        }
    }

    @Test func theSystemsAuthoritiesDoNotKnowThePrivateOne() async throws {
        try await withClient {
            $0.tls.authorities = .system
            _ = $1
        } _: { client, server in
            let request = HTTPRequest(.get, server.url("/hello", .tls))
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.kind == .tls)
        }
    }

    @Test func aMinimumAboveWhatAServerKnowsIsKept() async throws {
        try await withClient {
            $0.tls.minimum = .tls13
            _ = $1
        } _: { client, server async throws in
            #expect(try await client.text(server.url("/hello", .tls)) == "hello\n")
            let request = HTTPRequest(.get, server.url("/hello", .tls12))
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.kind == .tls)
        }
    }

    @Test func aClientProvesItselfWithItsCertificate() async throws {
        for (key, passphrase) in [("client.key", nil), ("locked.key", Sensitive("opensesame"))] {
            try await withClient {
                $0.tls.clientCertificate = .init(
                    certificate: "\($1.folder)/client.pem", key: "\($1.folder)/\(key)",
                    passphrase: passphrase)
            } _: { client, server async throws in
                #expect(try await client.text(server.url("/hello", .client)) == "hello\n")
            }
        }
    }

    @Test func aClientWithoutACertificateIsRefused() async throws {
        try await withClient { client, server async throws in
            let request = HTTPRequest(.get, server.url("/hello", .client))
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            // With TLS 1.3 the refusal comes behind the handshake, and may be overtaken by the reset
            // that the request then meets.
            #expect([.tls, .connectionLost].contains(error?.kind), "\(error as Any)")
            #expect(try await client.count("failed-handshakes-client", at: server) == 1)
        }
    }

    @Test(arguments: ["authority", "certificate", "key", "passphrase"])
    func aFileThatCannotBeUsedIsSaidToBeOne(what: String) async throws {
        try await withClient {
            let folder = $1.folder
            if what == "authority" {
                $0.tls.authorities = .file("\(folder)/none.pem")
            } else {
                $0.tls.clientCertificate = .init(
                    certificate: "\(folder)/\(what == "certificate" ? "none" : "client").pem",
                    key: "\(folder)/\(what == "key" ? "none" : "locked").key",
                    passphrase: Sensitive(what == "passphrase" ? "wrong" : "opensesame"))
            }
        } _: { client, server in
            let request = HTTPRequest(.get, server.url("/hello", .client))
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.kind == .badConfiguration, "\(error as Any)")
        }
    }
}
