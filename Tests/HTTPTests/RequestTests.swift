import HTTP
import Lab
import Testing
import Vocabulary

@Suite struct RequestTests {
    @Test(arguments: [LocalHTTPServer.Port.plain, .tls, .tls12])
    func anAnswerComesWithItsStatusHeaderAndBody(port: LocalHTTPServer.Port) async throws {
        try await withClient { client, server in
            let (response, body) = try await client.send(
                HTTPRequest(.get, server.url("/hello", port)))
            #expect(response.status == 200)
            #expect(response.headers["content-length"] == "6")
            #expect(String(decoding: body, as: UTF8.self) == "hello\n")
        }
    }

    @Test func thePathAndTheQueryAreSentByteByByte() async throws {
        try await withClient { client, server in
            let target = "/head/a//b/./../c%2f%2F~!$&'()*+,;=:@?x=+&y=%20&z=[|]&/?&uploads"
            let text = try await client.text(server.url(target))
            #expect(text.hasPrefix("GET \(target) HTTP/1.1\r\n"))
            let bare = server.url("")
            let (response, _) = try await client.send(HTTPRequest(.get, "\(bare)?only=query"))
            #expect(response.status == 404)
        }
    }

    @Test func whatIsAddedToAHeaderIsKnown() async throws {
        try await withClient { client, server in
            let port = server.port(.plain)
            #expect(
                try await client.text(server.url("/head")) == """
                    GET /head HTTP/1.1\r
                    Host: 127.0.0.1:\(port)\r
                    User-Agent: finflowctl\r
                    Accept: */*\r
                    \r\n
                    """)
            var request = HTTPRequest(
                .put, server.url("/head"),
                headers: ["Host": "there", "Accept": "x/y", "User-Agent": "me", "X-Empty": ""],
                body: .bytes(Array("1234567".utf8)))
            request.headers.add("x-twice", "1")
            request.headers.add("X-Twice", Sensitive("2"))
            let (_, body) = try await client.send(request)
            #expect(
                String(decoding: body, as: UTF8.self) == """
                    PUT /head HTTP/1.1\r
                    Host: there\r
                    Accept: x/y\r
                    User-Agent: me\r
                    X-Empty:\r
                    x-twice: 1\r
                    X-Twice: 2\r
                    Content-Length: 7\r
                    \r\n
                    """)
        }
    }

    @Test(arguments: ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
    func everyMethodGoesWithAndWithoutABody(method: String) async throws {
        try await withClient { client, server in
            for body in [HTTPBody.none, .bytes([]), .bytes([1, 2, 3])] {
                if method == "HEAD", body.length != 0 { continue }
                let request = HTTPRequest(HTTPMethod(method), server.url("/head"), body: body)
                let (response, answer) = try await client.send(request)
                #expect(response.status == 200)
                let head = String(decoding: answer, as: UTF8.self)
                if method == "HEAD" {
                    #expect(answer.isEmpty || head.hasPrefix("HEAD "))
                } else {
                    #expect(head.hasPrefix("\(method) /head HTTP/1.1\r\n"))
                }
                // RFC 9110 §8.6: where a body is usual, its absence is told.
                let isTold = body.length == 3 || ["PUT", "POST", "PATCH"].contains(method)
                if isTold {
                    #expect(head.contains("Content-Length: \(body.length ?? -1)\r\n"))
                }
                #expect(!head.contains("Expect"))
                #expect(!head.contains("Transfer-Encoding"))
            }
            // The connection is where it should be: the next answer is the next one's.
            #expect(try await client.text(server.url("/hello")) == "hello\n")
        }
    }

    @Test func anAnswerToHEADHasALengthAndNoBody() async throws {
        try await withClient { client, server in
            let (response, body) = try await client.send(
                HTTPRequest(.head, server.url("/pattern/12345")))
            #expect(response.headers["Content-Length"] == "12345")
            #expect(body.isEmpty)
            #expect(try await client.count("connections-plain", at: server) == 1)
        }
    }

    @Test func anyStatusIsAnAnswerAndRedirectsAreNotFollowed() async throws {
        try await withClient { client, server in
            for status in [204, 301, 302, 304, 307, 400, 401, 403, 404, 412, 500, 503] {
                let url = server.url("/status/\(status)?Location=/hello")
                let (response, _) = try await client.send(HTTPRequest(.get, url))
                #expect(response.status == status)
                #expect(response.headers["location"] == "/hello")
                #expect(response.isSuccess == (status == 204))
            }
        }
    }

    @Test func severalValuesOfANameAreKeptApartAndInOrder() async throws {
        try await withClient { client, server in
            let (response, _) = try await client.send(HTTPRequest(.get, server.url("/several")))
            #expect(response.headers.values(of: "Set-Cookie") == ["a=1", "b=2", "c=3"])
            #expect(response.headers["X-Folded"] == "one two")
            #expect(response.headers["X-Empty"] == "")
            #expect(response.headers["X-Padded"] == "padded")
        }
    }

    @Test func interimAnswersAreNotMixedIntoTheLastOne() async throws {
        try await withClient { client, server in
            let (response, body) = try await client.send(HTTPRequest(.get, server.url("/interim")))
            #expect(response.status == 200)
            #expect(response.headers["X-Final"] == "yes")
            #expect(!response.headers.contains("X-Interim"))
            #expect(!response.headers.contains("Link"))
            #expect(String(decoding: body, as: UTF8.self) == "at last")
        }
    }

    @Test func whatIsEncodedStaysAsItIs() async throws {
        try await withClient { client, server in
            let (response, body) = try await client.send(HTTPRequest(.get, server.url("/encoded")))
            #expect(response.headers["Content-Encoding"] == "gzip")
            #expect(String(decoding: body, as: UTF8.self) == "not really gzip")
        }
    }

    @Test func aBodyBeyondTheLimitIsNotCollected() async throws {
        try await withClient { client, server in
            let request = HTTPRequest(.get, server.url("/pattern/100000"))
            let (_, body) = try await client.send(request, limit: ByteCount(100_000))
            #expect(body.count == 100_000)
            let error = await #expect(throws: HTTPError.self) {
                try await client.send(request, limit: ByteCount(99_999))
            }
            #expect(error?.kind == .tooLarge)
            #expect(error?.origin == "http://127.0.0.1:\(server.port(.plain))")
        }
    }
}

/// What is refused before anything is sent.
@Suite struct RefusalTests {
    private func refusal(of request: HTTPRequest) async -> HTTPError? {
        let client = HTTPClient(HTTPConfiguration(proxy: .none))
        return await #expect(throws: HTTPError.self) { try await client.send(request) }
    }

    @Test(arguments: ["a\rb", "a\nb", "a\r\nX-Other: b", "a\0b", "a\u{7F}", "\u{1B}[2J"])
    func aHeaderThatCouldBecomeTwoIsRefused(value: String) async {
        let url = "http://127.0.0.1:1/"
        for headers in [HTTPHeaders([("X-A", value)]), HTTPHeaders([(value, "b")])] {
            let error = await refusal(of: HTTPRequest(.get, url, headers: headers))
            #expect(error?.kind == .badRequest)
        }
        var headers = HTTPHeaders()
        headers.add("Authorization", Sensitive("secret\(value)"))
        let error = await refusal(of: HTTPRequest(.get, url, headers: headers))
        #expect(error?.kind == .badRequest)
        #expect(error.map { !"\($0)".contains("secret") } == true)
    }

    @Test(arguments: [
        "", "hello", "/hello", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http:///x",
        "http://user@127.0.0.1/", "http://user:password@127.0.0.1/", "http://127.0.0.1/a b",
        "http://127.0.0.1/ä", "http://127.0.0.1/#there", "http://127.0.0.1/\r\nX: y",
        "http://127.0.0.1:99999/", "http://[::1/",
    ])
    func aURLThatIsNoneIsRefused(url: String) async {
        let error = await refusal(of: HTTPRequest(.get, url))
        #expect(error?.kind == .badRequest)
        #expect(error.map { !"\($0)".contains("password") } == true)
    }

    @Test(arguments: ["", "GET /", "G\r\nT", "GÉT"])
    func aMethodThatIsNoTokenIsRefused(method: String) async {
        let request = HTTPRequest(HTTPMethod(method), "http://127.0.0.1:1/")
        #expect(await refusal(of: request)?.kind == .badRequest)
    }

    @Test func aLengthThatIsNotTheBodysIsRefused() async {
        var request = HTTPRequest(.put, "http://127.0.0.1:1/", body: .bytes([1, 2]))
        request.headers["Content-Length"] = "3"
        #expect(await refusal(of: request)?.kind == .badRequest)
        request.headers = ["Transfer-Encoding": "chunked"]
        #expect(await refusal(of: request)?.kind == .badRequest)
    }

    @Test func whatIsSensitiveIsShownNowhere() {
        var headers: HTTPHeaders = ["X-Open": "seen"]
        headers.add("Authorization", Sensitive("hidden"))
        let request = HTTPRequest(.get, "https://h/?X-Amz-Signature=hidden", headers: headers)
        var dumped = ""
        dump(request, to: &dumped)
        dump(headers, to: &dumped)
        for text in ["\(headers)", "\(request)", String(reflecting: request), dumped] {
            #expect(!text.contains("hidden"))
        }
        #expect("\(headers)" == "X-Open: seen\nAuthorization: [sensitive]")
        #expect("\(request)" == "GET https://h")
        #expect(headers["Authorization"] == nil)
        headers.set("x-open", Sensitive("now hidden"))
        #expect(headers["X-Open"] == nil)
        #expect(headers.fields.map(\.name) == ["x-open", "Authorization"])
    }
}
