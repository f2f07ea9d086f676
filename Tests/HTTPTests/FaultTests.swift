import Glibc
import Lab
import Testing
import Vocabulary

@testable import HTTP

/// What servers and networks do to a transfer; each is told from the others, and none is taken
/// for an answer's end.
@Suite struct FaultTests {
    private func error(
        _ path: String, at port: LocalHTTPServer.Port = .plain, body: HTTPBody = .none,
        timeouts: HTTPTimeouts = HTTPTimeouts(),
        preparing: ((HTTPClient, LocalHTTPServer) async throws -> Void)? = nil
    ) async throws -> HTTPError {
        var found: HTTPError?
        try await withClient { client, server in
            try await preparing?(client, server)
            let method: HTTPMethod = body.length == 0 ? .get : .put
            let request = HTTPRequest(
                method, server.url(path, port), body: body, timeouts: timeouts)
            found = await #expect(throws: HTTPError.self) { try await client.send(request) }
            if let found {
                #expect(found.origin == HTTPOrigin(request.url)?.description)
                #expect(found.diagnostic().message.isEmpty == false)
            }
        }
        return try #require(found)
    }

    @Test func aPortWhereNobodyListensIsRefused() async throws {
        try await withClient { client, _ in
            let request = HTTPRequest(.get, "http://127.0.0.1:1/")
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.kind == .connect)
            #expect(error?.isTransient == true)
        }
    }

    @Test func aNameWithoutAnAddressIsToldFromAServerThatIsDown() async throws {
        try await withClient { client, _ in
            let request = HTTPRequest(.get, "http://no-such-name.invalid/")
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.kind == .resolve)
        }
    }

    @Test(arguments: [LocalHTTPServer.Port.plain, .tls], ["/reset", "/hang-up"])
    func aConnectionThatEndsWithoutAnAnswerIsLost(
        port: LocalHTTPServer.Port, path: String
    ) async throws {
        let found = try await error(path, at: port)
        #expect(found.kind == .connectionLost, "\(found)")
        #expect(found.isTransient)
    }

    @Test func aConnectionThatIsResetWithinTheHeaderIsLost() async throws {
        let found = try await error("/reset-head")
        #expect([.connectionLost, .truncated].contains(found.kind), "\(found)")
        #expect(found.isTransient)
    }

    @Test(arguments: [
        ("/truncated/100000", LocalHTTPServer.Port.plain), ("/truncated/100000", .tls),
        ("/truncated-chunks/100000", .plain),
        ("/truncated-chunks/100000", .tls),
    ])
    func aBodyThatIsCutOffIsAnErrorAndNeverAnEnd(
        path: String, port: LocalHTTPServer.Port
    ) async throws {
        let found = try await error(path, at: port)
        #expect(found.kind == .truncated, "\(found)")
        #expect(found.isTransient)
    }

    @Test(arguments: [LocalHTTPServer.Port.plain, .tls])
    func aBodyThatDoesNotSayWhereItEndsIsNotTakenForWhole(port: LocalHTTPServer.Port) async throws {
        let found = try await error("/until-close/100000", at: port)
        #expect(found.kind == .malformedResponse, "\(found)")
        #expect(!found.isTransient)
    }

    @Test func whatCameBeforeABodyWasCutIsHandedOut() async throws {
        try await withClient { client, server in
            let request = HTTPRequest(.get, server.url("/truncated/1000000"))
            let error = await #expect(throws: HTTPError.self) {
                try await client.withResponse(to: request) { _, body in
                    var check = Pattern.Check()
                    do {
                        for try await chunk in body { check.take(chunk) }
                        Issue.record("a truncated body has ended")
                    } catch {
                        #expect(check.isWhole(1_000_000))
                        throw error
                    }
                }
            }
            #expect(error?.kind == .truncated)
        }
    }

    @Test func aBodyThatIsResetIsTruncated() async throws {
        try await withClient { client, server in
            let request = HTTPRequest(.get, server.url("/reset-body/1000"))
            let error = await #expect(throws: HTTPError.self) {
                try await client.withResponse(to: request) { _, body in
                    var reader = body.makeAsyncIterator()
                    #expect(try await reader.next() != nil)
                    _ = try await client.text(server.url("/open/reset-body"))
                    while try await reader.next() != nil {}
                }
            }
            #expect(error?.kind == .truncated)
        }
    }

    @Test func anUploadThatIsResetIsLost() async throws {
        let size = 32 << 20
        let found = try await error(
            "/reset-upload/1000000", body: .stream(length: size) { Pattern(size: size) })
        #expect(found.kind == .connectionLost, "\(found)")
    }

    @Test(arguments: ["/silent", "/stall/100000"])
    func aServerThatFallsSilentHasStalled(path: String) async throws {
        let timeouts = HTTPTimeouts(stall: .init(below: 1, for: .milliseconds(300)))
        let found = try await error(path, timeouts: timeouts)
        #expect(found.kind == .stalled, "\(found)")
        #expect(found.isTransient)
    }

    @Test func aServerThatTakesNoUploadHasStalled() async throws {
        let size = 64 << 20
        let timeouts = HTTPTimeouts(stall: .init(below: 1000, for: .milliseconds(500)))
        let found = try await error(
            "/deaf", body: .stream(length: size) { Pattern(size: size) }, timeouts: timeouts)
        #expect(found.kind == .stalled, "\(found)")
    }

    @Test(arguments: ["/garbage", "/bad-status"])
    func whatIsNoHTTPIsSaidToBeNone(path: String) async throws {
        let found = try await error(path)
        #expect(found.kind == .malformedResponse, "\(found)")
        #expect(!found.isTransient)
    }

    @Test func tlsSpokenToPlainlyAndTheOtherWayRoundFails() async throws {
        try await withClient { client, server in
            for url in [
                "http://127.0.0.1:\(server.port(.tls))/hello",
                "https://127.0.0.1:\(server.port(.plain))/hello",
            ] {
                let error = await #expect(throws: HTTPError.self) {
                    let timeouts = HTTPTimeouts(connect: .seconds(2))
                    return try await client.send(HTTPRequest(.get, url, timeouts: timeouts))
                }
                // A plain server may wait for the end of what it takes for a request.
                let kinds: [HTTPError.Kind] = [
                    .tls, .malformedResponse, .connectionLost, .timeout(.connect),
                ]
                #expect(error.map { kinds.contains($0.kind) } == true, "\(url): \(error as Any)")
            }
        }
    }

    @Test(arguments: ["/giant-header", "/giant-line"])
    func aHeaderWithoutEndIsNotReadToItsEnd(path: String) async throws {
        let found = try await error(path)
        #expect([.tooLarge, .other].contains(found.kind), "\(found)")
        #expect(!found.isTransient)
    }
}
