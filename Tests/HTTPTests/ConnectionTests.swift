import Lab
import Testing

@testable import HTTP

@Suite struct ConnectionTests {
    @Test(arguments: [LocalHTTPServer.Port.plain, .tls])
    func aConnectionIsUsedAgain(port: LocalHTTPServer.Port) async throws {
        try await withClient { client, server async throws in
            for size in [0, 1, 100_000, 1_000_000] {
                let request = HTTPRequest(
                    .put, server.url("/sink", port),
                    body: .stream(length: size) { Pattern(size: size) })
                #expect(try await client.send(request).0.status == 200)
                let down = HTTPRequest(.get, server.url("/pattern/\(size)", port))
                #expect(try await client.send(down).body.count == size)
                let chunked = HTTPRequest(.get, server.url("/chunked/\(size)", port))
                #expect(try await client.send(chunked).body.count == size)
            }
            #expect(try await client.count("connections-\(port.rawValue)", at: server) == 1)
        }
    }

    @Test func noMoreThanTheLimitAreOpenAtATime() async throws {
        try await withClient {
            $0.connectionsPerHost = 3
            _ = $1
        } _: { client, server async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<40 {
                    group.addTask { () async throws in
                        let request = HTTPRequest(.get, server.url("/pattern/100000"))
                        #expect(try await client.send(request).body.count == 100_000)
                    }
                }
                try await group.waitForAll()
            }
            let connections = try await client.count("connections-plain", at: server)
            #expect(connections <= 3)
        }
    }

    @Test func aBodyThatIsNotReadToItsEndDropsItsConnection() async throws {
        try await withClient { client, server in
            let request = HTTPRequest(.get, server.url("/stall/100000"))
            try await client.withResponse(to: request) { response, body in
                #expect(response.status == 200)
                for try await _ in body { break }
            }
            while try await client.count("left-stall", at: server) == 0 {}
        }
    }

    @Test func aKeptConnectionThatIsDeadIsReplaced() async throws {
        try await withClient { client, server async throws in
            let bodies: [HTTPBody] = [
                .none, .bytes([1]), .stream(length: 1000) { Pattern(size: 1000) },
                .stream(length: 2 << 20) { Pattern(size: 2 << 20) },
            ]
            for (done, body) in bodies.enumerated() {
                _ = try await client.text(server.url("/doom"))
                let method: HTTPMethod = body.length == 0 ? .get : .put
                let request = HTTPRequest(method, server.url("/sink"), body: body)
                #expect(try await client.send(request).0.status == 200)
                #expect(try await client.count("doomed", at: server) == done + 1)
            }
        }
    }

    @Test func whatMayNotBeRepeatedIsNotSentAgainOnANewConnection() async throws {
        try await withClient { client, server in
            _ = try await client.text(server.url("/doom"))
            let post = HTTPRequest(.post, server.url("/sink"), body: .bytes([1, 2, 3]))
            let error = await #expect(throws: HTTPError.self) { try await client.send(post) }
            #expect(error?.kind == .connectionLost)
            // Without a body it goes out on a new connection from the start.
            _ = try await client.text(server.url("/doom"))
            let empty = HTTPRequest(.post, server.url("/sink"))
            #expect(try await client.send(empty).0.status == 200)
            #expect(try await client.count("doomed", at: server) == 2)
        }
    }

    @Test func aClientThatIsGoneLeavesNoConnectionBehind() async throws {
        try await withServer { server in
            let observer = HTTPClient(HTTPConfiguration(proxy: .none))
            do {
                let client = HTTPClient(HTTPConfiguration(proxy: .none))
                #expect(try await client.text(server.url("/hello")) == "hello\n")
                #expect(try await observer.count("ended-plain", at: server) == 0)
            }
            while try await observer.count("ended-plain", at: server) == 0 {}
        }
    }
}
