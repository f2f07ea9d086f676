import HTTP
import Lab
import Testing
import Vocabulary

/// Bodies that are not held in memory, in both directions.
@Suite struct StreamTests {
    @Test(arguments: ["pattern", "chunked", "until-close"])
    func aBodyArrivesInPiecesAsItWasSent(kind: String) async throws {
        try await withClient { client, server in
            let size = 3_000_017
            for port in [LocalHTTPServer.Port.plain, .tls] {
                var request = HTTPRequest(.get, server.url("/\(kind)/\(size)", port))
                request.acceptsUnmarkedEnd = kind == "until-close"
                let check = try await client.withResponse(to: request) { response, body in
                    #expect(response.status == 200)
                    var check = Pattern.Check()
                    for try await chunk in body { check.take(chunk) }
                    return check
                }
                #expect(check.isWhole(size))
                #expect(check.largest <= 256 << 10)
            }
        }
    }

    @Test(arguments: [0, 1, 1000, (1 << 20) - 1, 1 << 20, 5_000_011])
    func aStreamIsSentWithAndWithoutALength(size: Int) async throws {
        try await withClient { client, server in
            for length in [size, nil] {
                let stream = Pattern(size: size, piece: 100_000)
                let request = HTTPRequest(
                    .put, server.url("/sink"), body: .stream(length: length) { stream })
                let (response, body) = try await client.send(request)
                #expect(response.status == 200)
                let answer = try JSON(parsing: body)
                #expect(answer["size"] == .int(size))
            }
            // A body that may be large waits for the server's consent.
            let asked = try await client.count("expected", at: server)
            #expect(asked == (size >= 1 << 20 ? 2 : 1))
            #expect(try await client.count("connections-plain", at: server) == 1)
        }
    }

    @Test func whatIsSentComesBackUnchangedWhileItIsSent() async throws {
        try await withClient { client, server in
            let size = 3_000_017
            for port in [LocalHTTPServer.Port.plain, .tls] {
                let request = HTTPRequest(
                    .post, server.url("/duplex", port),
                    body: .stream(length: size) { Pattern(size: size) })
                try await client.withResponse(to: request) { _, body in
                    var check = Pattern.Check()
                    for try await chunk in body { check.take(chunk) }
                    #expect(check.isWhole(size))
                }
            }
        }
    }

    @Test func readingKeepsTheServerWaiting() async throws {
        try await withClient { client, server in
            let size = 64 << 20
            let request = HTTPRequest(.get, server.url("/pattern/\(size)/slow"))
            try await client.withResponse(to: request) { _, body in
                var reader = body.makeAsyncIterator()
                var check = Pattern.Check()
                check.take(try #require(try await reader.next()))
                // The server fills what there is between it and the reader, and waits.
                var sent = -1
                while true {
                    let now = try await client.count("bytes-slow", at: server)
                    if now == sent { break }
                    sent = now
                    try await Task.sleep(for: .milliseconds(200))
                }
                #expect(sent < 32 << 20)
                while let chunk = try await reader.next() { check.take(chunk) }
                #expect(check.isWhole(size))
            }
        }
    }

    @Test func sendingKeepsTheStreamWaiting() async throws {
        try await withClient { client, server in
            let size = 64 << 20
            let source = CountedStream(size: size)
            let request = HTTPRequest(
                .put, server.url("/gated/slow/100000"), body: .stream(length: size) { source })
            async let answer = client.send(request)
            _ = try await client.text(server.url("/wait/slow-reached"))
            var made = -1
            while true {
                let now = source.count.value
                if now == made { break }
                made = now
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(made < 32 << 20)
            _ = try await client.text(server.url("/open/slow"))
            let (response, body) = try await answer
            #expect(response.status == 200)
            #expect(String(decoding: body, as: UTF8.self) == "\(size)")
        }
    }

    @Test func aStreamOfAnotherLengthThanSaidIsAnError() async throws {
        try await withClient { client, server in
            for (said, real) in [(1000, 999), (1000, 1001), (0, 1), (3 << 20, 1 << 20)] {
                let request = HTTPRequest(
                    .put, server.url("/sink"), body: .stream(length: said) { Pattern(size: real) },
                    retry: .upTo(3, base: .zero))
                let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
                #expect(error?.kind == .badRequest)
            }
        }
    }

    @Test func whatAStreamThrowsComesThrough() async throws {
        struct SourceFailed: Error {}
        try await withClient { client, server in
            let request = HTTPRequest(
                .put, server.url("/sink"),
                body: .stream(length: nil) {
                    AsyncThrowingStream<[UInt8], any Error> { continuation in
                        continuation.yield([1, 2, 3])
                        continuation.finish(throwing: SourceFailed())
                    }
                })
            await #expect(throws: SourceFailed.self) { try await client.send(request) }
            let unmade = HTTPRequest(
                .put, server.url("/sink"), body: .stream(length: nil) { throw SourceFailed() })
            await #expect(throws: SourceFailed.self) { try await client.send(unmade) }
            // Not as if it had ended: the server has seen no whole request.
            let connections = try await client.count("connections-plain", at: server)
            #expect(connections >= 2)
        }
    }

    @Test(arguments: [LocalHTTPServer.Port.plain, .tls])
    func aRefusalEndsAnUploadWhoseStreamHasNothingYet(port: LocalHTTPServer.Port) async throws {
        try await withClient { client, server in
            for length in [nil, 5 << 20] {
                let request = HTTPRequest(
                    .put, server.url("/forbidding", port),
                    headers: ["Expect": ""],
                    body: .stream(length: length) { EndlessWait(first: [1, 2, 3]) })
                let (response, body) = try await client.send(request)
                #expect(response.status == 403)
                #expect(String(decoding: body, as: UTF8.self) == "no")
            }
        }
    }

    @Test func aServerThatKnowsNoExpectationGetsTheBodyAllTheSame() async throws {
        try await withClient { client, server in
            let size = 2 << 20
            let request = HTTPRequest(
                .put, server.url("/unexpected"), body: .stream(length: size) { Pattern(size: size) }
            )
            let (response, body) = try await client.send(request)
            #expect(response.status == 200)
            #expect(try JSON(parsing: body)["size"] == .int(size))
            #expect(try await client.count("refused-expectations", at: server) == 1)
        }
    }

    @Test func aBodyReadAfterItsTimeIsAnErrorAndNoEnd() async throws {
        try await withClient { client, server in
            let body = try await client.withResponse(
                to: HTTPRequest(.get, server.url("/pattern/1000000"))
            ) { $1 }
            await #expect(throws: HTTPError.self) { try await body.collect() }
        }
    }
}
