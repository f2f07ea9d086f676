import HTTP
import Lab
import Testing

@Suite struct RequestTests {
    @Test(arguments: [LocalHTTPServer.Port.plain, .tls])
    func anAnswerComesWithItsStatusHeaderAndBody(port: LocalHTTPServer.Port) async throws {
        try await withClient { client, server in
            let (response, body) = try await client.send(HTTPRequest(.get, server.url("/hello", port)))
            #expect(response.status == 200)
            #expect(response.headers["content-length"] == "6")
            #expect(String(decoding: body, as: UTF8.self) == "hello\n")
        }
    }
}
