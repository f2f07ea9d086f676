import Lab
import Testing
import Vocabulary

@testable import HTTP

@Suite struct CancellationTests {
    @Test(arguments: ["/silent", "/stall/100000"])
    func cancellingEndsATransferAndItsConnectionAtOnce(path: String) async throws {
        try await withClient { client, server in
            let task = Task { try await client.send(HTTPRequest(.get, server.url(path))).0 }
            while try await client.count("requests", at: server) < 2 {}
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            let name = path.split(separator: "/")[0]
            while try await client.count("left-\(name)", at: server) == 0 {}
        }
    }

    @Test func cancellingEndsAnUploadAndItsStream() async throws {
        try await withClient { client, server in
            let task = Task {
                try await client.send(
                    HTTPRequest(
                        .put, server.url("/sink/up"),
                        body: .stream(length: nil) { EndlessWait(first: [1, 2, 3]) })
                ).0
            }
            while try await client.count("bytes-up", at: server) < 3 {}
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func aTaskThatIsCancelledAlreadySendsNothing() async throws {
        try await withClient { client, server async throws in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await client.send(HTTPRequest(.get, server.url("/hello"))).0
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await client.count("requests", at: server) == 1)
        }
    }

    @Test func cancellingWhoWaitsForAPlaceLeavesTheOthersTheirs() async throws {
        try await withClient {
            $0.connectionsPerHost = 1
            _ = $1
        } _: { client, server in
            let first = HTTPRequest(.get, server.url("/pattern/100000000"))
            let (gone, next) = try await client.withResponse(to: first) { _, _ in
                let gone = Task { try await client.send(HTTPRequest(.get, server.url("/hello"))).0 }
                let next = Task { try await client.send(HTTPRequest(.get, server.url("/hello"))).0 }
                gone.cancel()
                await #expect(throws: CancellationError.self) { try await gone.value }
                return (gone, next)
            }
            _ = gone
            #expect(try await next.value.status == 200)
        }
    }

    /// At any point of its life: what is cancelled ends, and nothing of it is left.
    @Test func cancellingAtAnyTimeLeavesNothingBehind() async throws {
        try await withClient { client, server in
            var random = SeededGenerator(seed: 77)
            for _ in 0..<(Slice.isLong ? 3000 : 200) {
                try await cancelOne(client, server, &random)
            }
            #expect(client.handles.current == 0)
            #expect(await client.isIdle)
            #expect(try await client.text(server.url("/hello")) == "hello\n")
        }
    }

    private func cancelOne(
        _ client: HTTPClient, _ server: LocalHTTPServer, _ random: inout SeededGenerator
    ) async throws {
        let port: LocalHTTPServer.Port = Bool.random(using: &random) ? .plain : .tls
        let size = Int.random(in: 0...2_000_000, using: &random)
        let paths = ["/pattern/\(size)", "/chunked/\(size)", "/stall/\(size)", "/sink", "/duplex"]
        let path = paths.randomElement(using: &random) ?? "/sink"
        let isUpload = path == "/sink" || path == "/duplex"
        let request = HTTPRequest(
            isUpload ? .put : .get, server.url(path, port),
            body: isUpload ? .stream(length: size) { Pattern(size: size, piece: 10_000) } : .none,
            retry: .upTo(3, base: .milliseconds(1)))
        let pieces = Int.random(in: 0...20, using: &random)
        let task = Task {
            try await client.withResponse(to: request) { _, body in
                var read = 0
                for try await _ in body {
                    read += 1
                    if read == pieces { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
        }
        // Some are cancelled by what they read, the others after a while of any length.
        if Bool.random(using: &random) || path.hasPrefix("/stall") {
            let turns = Int.random(in: 0...2000, using: &random)
            for _ in 0..<turns { await Task.yield() }
            task.cancel()
        }
        do {
            try await task.value
        } catch is CancellationError {
        }
    }
}
