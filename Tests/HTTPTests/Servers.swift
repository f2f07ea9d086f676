import Lab
import Loop
import Testing
import Vocabulary

@testable import HTTP

/// A server for the time of one test.
func withServer(_ body: (LocalHTTPServer) async throws -> Void) async throws {
    let server = try await LocalHTTPServer.start()
    do {
        try await body(server)
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

/// A server and a client for the time of one test, after which the client has no transfer left.
func withClient(
    _ change: (inout HTTPConfiguration, LocalHTTPServer) -> Void = { _, _ in },
    _ body: (HTTPClient, LocalHTTPServer) async throws -> Void
) async throws {
    try await withServer { server in
        var configuration = HTTPConfiguration(
            tls: HTTPTLS(authorities: .file(server.authority)), proxy: .none)
        change(&configuration, server)
        let client = HTTPClient(configuration)
        try await body(client, server)
        #expect(client.handles.current == 0)
    }
}

extension HTTPClient {
    /// The answer's body, which must be one of success.
    func text(_ url: String, _ method: HTTPMethod = .get) async throws -> String {
        let (response, body) = try await send(HTTPRequest(method, url))
        try #require(response.status == 200)
        return String(decoding: body, as: UTF8.self)
    }

    /// What `server` has counted under `name`.
    func count(_ name: String, at server: LocalHTTPServer) async throws -> Int {
        let counts = try JSON(parsing: try await text(server.url("/stats")))["counts"]
        if case .int(let number)? = counts?[name] { return number }
        return 0
    }
}
