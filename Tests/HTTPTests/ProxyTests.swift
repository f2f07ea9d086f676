import HTTP
import Lab
import Testing
import Vocabulary

@Suite struct ProxyTests {
    private func server(_ lab: LocalHTTPServer, _ port: LocalHTTPServer.Port = .proxy)
        -> HTTPProxy.Server
    {
        HTTPProxy.Server("http://127.0.0.1:\(lab.port(port))")
    }

    /// What the proxy was asked for, a head each.
    private func asked(_ lab: LocalHTTPServer) async throws -> [String] {
        let direct = HTTPClient(HTTPConfiguration(proxy: .none))
        guard
            case .array(let heads)? = try JSON(parsing: await direct.text(lab.url("/stats")))[
                "proxied"]
        else { return [] }
        return heads.compactMap { if case .string(let head) = $0 { head } else { nil } }
    }

    @Test func tlsGoesThroughATunnelThatSeesNothingOfIt() async throws {
        try await withClient {
            $0.proxy = .server(server($1))
        } _: { client, lab in
            var request = HTTPRequest(.get, lab.url("/head", .tls))
            request.headers.add("Authorization", Sensitive("hidden"))
            let (response, body) = try await client.send(request)
            #expect(response.status == 200)
            #expect(!response.headers.contains("X-Proxy"))
            #expect(String(decoding: body, as: UTF8.self).contains("Authorization: hidden"))
            _ = try await client.send(request)
            let heads = try await asked(lab)
            #expect(heads.count == 1)  // and one connection for both
            #expect(heads.first?.hasPrefix("CONNECT 127.0.0.1:\(lab.port(.tls)) ") == true)
            #expect(heads.first?.contains("hidden") == false)
        }
    }

    @Test func plainRequestsAreForwarded() async throws {
        try await withClient {
            $0.proxy = .server(server($1))
        } _: { client, lab in
            let text = try await client.text(lab.url("/head/a//../b?c=+%2f"))
            #expect(text.hasPrefix("GET /head/a//../b?c=+%2f HTTP/1.1\r\n"))
            let head = try #require(try await asked(lab).first)
            #expect(head.hasPrefix("GET \(lab.url("/head/a//../b?c=+%2f")) HTTP/1.1\r\n"))
        }
    }

    @Test func aProxyThatWantsAUserGetsIt() async throws {
        try await withClient {
            var proxy = server($1, .proxyLogin)
            proxy.user = "ada"
            proxy.password = Sensitive("lovelace")
            $0.proxy = .server(proxy)
        } _: { client, lab async throws in
            #expect(try await client.text(lab.url("/hello", .tls)) == "hello\n")
            let text = try await client.text(lab.url("/head", .tls))
            #expect(!text.contains("Proxy-Authorization"))
        }
    }

    @Test func aProxyThatRefusesIsToldFromTheServer() async throws {
        try await withClient {
            $0.proxy = .server(server($1, .proxyLogin))
        } _: { client, lab in
            let request = HTTPRequest(.get, lab.url("/hello", .tls))
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.kind == .proxy, "\(error as Any)")
        }
        try await withClient {
            $0.proxy = .server(server($1))
        } _: { client, _ in
            let request = HTTPRequest(.get, "https://forbidden.example/")
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.kind == .proxy, "\(error as Any)")
        }
    }

    @Test func exceptionsAndNoProxyGoStraight() async throws {
        try await withClient {
            var proxy = server($1)
            proxy.except = ["127.0.0.1"]
            $0.proxy = .server(proxy)
        } _: { client, lab async throws in
            #expect(try await client.text(lab.url("/hello", .tls)) == "hello\n")
            #expect(try await asked(lab).isEmpty)
        }
    }

    @Test func aProxyThatIsDownIsNoConnection() async throws {
        try await withClient {
            $0.proxy = .server(HTTPProxy.Server("http://127.0.0.1:1"))
            _ = $1
        } _: { client, lab in
            let request = HTTPRequest(.get, lab.url("/hello"))
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.kind == .connect)
        }
    }

    /// In a process of its own, whose environment says it.
    @Test(arguments: ["http_proxy", "https_proxy", "all_proxy", "no_proxy"])
    func theEnvironmentNamesTheProxy(variable: String) async throws {
        if let url = environment("FINFLOW_PROXIED_URL") {
            let tls = HTTPTLS(authorities: .file(environment("FINFLOW_PROXIED_CA") ?? ""))
            let client = HTTPClient(HTTPConfiguration(tls: tls))
            #expect(try await client.text(url) == "hello\n")
            return
        }
        try await withServer { lab in
            let proxy = "http://127.0.0.1:\(lab.port(.proxy))"
            var variables = [
                "FINFLOW_PROXIED_URL": lab.url("/hello", variable == "http_proxy" ? .plain : .tls),
                "FINFLOW_PROXIED_CA": lab.authority,
            ]
            if variable == "no_proxy" {
                variables["all_proxy"] = proxy
                variables["no_proxy"] = "example.org,127.0.0.1"
            } else {
                variables[variable] = proxy
            }
            try await inAProcessOfItsOwn("theEnvironmentNamesTheProxy", variables)
            let heads = try await asked(lab)
            #expect(heads.isEmpty == (variable == "no_proxy"))
        }
    }
}
