import Lab
import Testing
import Vocabulary

@testable import HTTP

@Suite struct RetryTests {
    private let quick = HTTPRetry.upTo(4, base: .milliseconds(1), longest: .seconds(2))

    @Test(arguments: ["500", "502", "503", "504", "429", "reset", "truncate"])
    func whatMayPassIsTriedAgain(fault: String) async throws {
        try await withClient { client, server in
            for port in [LocalHTTPServer.Port.plain, .tls] {
                let url = server.url("/failing/\(port.rawValue)/3/\(fault)", port)
                let (response, body) = try await client.send(
                    HTTPRequest(.get, url, retry: quick))
                #expect(response.status == 200)
                #expect(String(decoding: body, as: UTF8.self) == "well ")
                #expect(try await client.count("tries-\(port.rawValue)", at: server) == 4)
            }
        }
    }

    @Test func afterTheLastTryItsAnswerIsHandedOut() async throws {
        try await withClient { client, server in
            let request = HTTPRequest(.get, server.url("/failing/a/9/503"), retry: quick)
            let (response, body) = try await client.send(request)
            #expect(response.status == 503)
            #expect(String(decoding: body, as: UTF8.self) == "not yet")
            #expect(try await client.count("tries-a", at: server) == 4)
        }
    }

    @Test func aStreamIsMadeAnewForEachTry() async throws {
        try await withClient { client, server in
            for fault in ["503", "reset"] {
                let request = HTTPRequest(
                    .put, server.url("/failing/\(fault)/2/\(fault)"),
                    body: .stream(length: 100_000) { Pattern(size: 100_000) }, retry: quick)
                let (response, body) = try await client.send(request)
                #expect(response.status == 200)
                var check = Pattern.Check()
                check.take(Array(body.dropFirst("well ".utf8.count)))
                #expect(check.isWhole(100_000))
            }
        }
    }

    @Test func whatIsNotIdempotentIsRepeatedOnlyWhenItSaysSo() async throws {
        try await withClient { client, server in
            for fault in ["503", "reset"] {
                var request = HTTPRequest(
                    .post, server.url("/failing/never-\(fault)/1/\(fault)"), body: .bytes([65]),
                    retry: quick)
                _ = try? await client.send(request)
                #expect(try await client.count("tries-never-\(fault)", at: server) == 1)
                request.url = server.url("/failing/said-\(fault)/1/\(fault)")
                request.retry.isRepeatable = true
                let (response, body) = try await client.send(request)
                #expect(response.status == 200)
                #expect(String(decoding: body, as: UTF8.self) == "well A")
            }
        }
    }

    @Test func nothingIsRepeatedWithoutBeingAskedTo() async throws {
        try await withClient { client, server async throws in
            // On a new connection: it is not one that has died meanwhile.
            let cut = HTTPRequest(.get, server.url("/failing/b/1/reset"))
            await #expect(throws: HTTPError.self) { try await client.send(cut) }
            #expect(try await client.count("tries-b", at: server) == 1)
            let refused = HTTPRequest(.get, server.url("/failing/a/1/503"))
            #expect(try await client.send(refused).0.status == 503)
        }
    }

    @Test func whatAReaderHasSeenIsNotRepeated() async throws {
        try await withClient { client, server async throws in
            let request = HTTPRequest(.get, server.url("/failing/a/1/truncate"), retry: quick)
            await #expect(throws: HTTPError.self) {
                try await client.withResponse(to: request) { try await $1.collect() }
            }
            #expect(try await client.count("tries-a", at: server) == 1)
        }
    }

    @Test func aServerIsLeftAloneForAsLongAsItAsks() async throws {
        try await withClient { client, server in
            let begin = ContinuousClock.now
            let url = server.url("/failing/a/1/503?Retry-After=1")
            let (response, _) = try await client.send(HTTPRequest(.get, url, retry: quick))
            #expect(response.status == 200)
            #expect(ContinuousClock.now - begin >= .seconds(1))
            // Asked for longer than the caller is ready to wait, its answer is the answer.
            let later = server.url("/failing/b/1/503?Retry-After=3600")
            #expect(try await client.send(HTTPRequest(.get, later, retry: quick)).0.status == 503)
        }
    }

    @Test func aPauseBeyondTheTotalTimeIsNotBegun() async throws {
        try await withClient { client, server async throws in
            var request = HTTPRequest(
                .get, server.url("/failing/a/1/503?Retry-After=20"), retry: .upTo(3))
            request.timeouts.total = .seconds(10)
            #expect(try await client.send(request).0.status == 503)
        }
    }

    @Test func cancellingEndsAPause() async throws {
        try await withClient { client, server in
            let request = HTTPRequest(
                .get, server.url("/failing/a/1/503?Retry-After=3000"),
                retry: .upTo(3, longest: .seconds(3600)))
            let task = Task { try await client.send(request).0 }
            while try await client.count("tries-a", at: server) == 0 {}
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func pausesGrowAndAreSpreadOverTheirSpans() {
        var random = SeededGenerator(seed: 4)
        let retry = HTTPRetry.upTo(10, base: .seconds(1), longest: .seconds(8))
        for (tries, span) in [(1, 1.0), (2, 2), (3, 4), (4, 8), (5, 8), (100, 8)] {
            let pauses = (0..<200).map { _ in
                retry.pause(afterTries: tries, random: &random).seconds
            }
            #expect(pauses.allSatisfy { (0...span).contains($0) })
            #expect(pauses.contains { $0 < span / 4 })
            #expect(pauses.contains { $0 > span * 3 / 4 })
        }
    }
}

@Suite struct HTTPDateTests {
    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ])
    func allFormsOfADateAreRead(text: String) {
        #expect(HTTPDate.parse(text)?.description == "1994-11-06T08:49:37Z")
    }

    @Test(arguments: [
        "", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 31 Feb 2027 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT",
    ])
    func whatIsNoDateIsNone(text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }

    @Test func aYearOfTwoDigitsIsNotFarInTheFuture() throws {
        let now = try #require(Timestamp("2026-11-30T00:00:00Z"))
        #expect(
            HTTPDate.parse("Sunday, 06-Nov-76 08:49:37 GMT", now: now)?.description
                == "2076-11-06T08:49:37Z")
        #expect(
            HTTPDate.parse("Sunday, 06-Nov-77 08:49:37 GMT", now: now)?.description
                == "1977-11-06T08:49:37Z")
    }

    @Test func aTimeToComeBackIsTakenByTheServersClock() {
        func wait(_ headers: HTTPHeaders) -> Duration? {
            HTTPResponse(status: 503, headers: headers).retryAfter
        }
        #expect(wait([:]) == nil)
        #expect(wait(["Retry-After": "120"]) == .seconds(120))
        #expect(wait(["Retry-After": "-1"]) == nil)
        #expect(wait(["Retry-After": "99999999999999999999"]) == nil)
        #expect(
            wait([
                "Date": "Sun, 06 Nov 1994 08:49:37 GMT",
                "Retry-After": "Sun, 06 Nov 1994 08:50:07 GMT",
            ]) == .seconds(30))
        #expect(
            wait([
                "Date": "Sun, 06 Nov 1994 08:49:37 GMT",
                "Retry-After": "Sun, 06 Nov 1994 08:00:00 GMT",
            ]) == .zero)
    }
}
