import HTTP
import Lab
import LabTraits
import Testing

/// A server that others have written, with its own ideas of keeping, refusing and consenting.
@Suite(.localNginx) struct NginxTests {
    private func withNginx(_ body: (HTTPClient, LocalNginx, [String]) async throws -> Void)
        async throws
    {
        let nginx = try await LocalNginx.start()
        let client = HTTPClient(
            HTTPConfiguration(tls: HTTPTLS(authorities: .file(nginx.authority)), proxy: .none))
        let bases = [
            "http://127.0.0.1:\(nginx.port)", "https://127.0.0.1:\(nginx.tlsPort)",
        ]
        do {
            try await body(client, nginx, bases)
        } catch {
            await nginx.stop()
            throw error
        }
        await nginx.stop()
    }

    @Test func whatIsPutIsThereWholeAndInParts() async throws {
        try await withNginx { client, _, bases in
            for base in bases {
                for (size, length) in [
                    (0, 0), (1000, 1000), (3_000_017, 3_000_017), (2_000_000, nil),
                ] {
                    let url = "\(base)/files/\(size)"
                    let put = HTTPRequest(
                        .put, url, body: .stream(length: length) { Pattern(size: size) })
                    let stored = try await client.send(put).0.status
                    #expect([201, 204].contains(stored))
                    var check = Pattern.Check()
                    check.take(try await client.send(HTTPRequest(.get, url)).body)
                    #expect(check.isWhole(size))
                    let head = try await client.send(HTTPRequest(.head, url))
                    #expect(head.0.headers["Content-Length"] == "\(size)")
                    guard size > 0 else { continue }
                    let part = HTTPRequest(.get, url, headers: ["Range": "bytes=0-99"])
                    let (response, body) = try await client.send(part)
                    #expect(response.status == 206)
                    #expect(body.count == 100)
                    #expect(try await client.send(HTTPRequest(.delete, url)).0.status == 204)
                }
            }
        }
    }

    @Test func oneConnectionServesRequestAfterRequest() async throws {
        try await withNginx { client, _, bases in
            for base in bases {
                var connections: Set<Substring> = []
                for _ in 0..<20 {
                    let text = try await client.text("\(base)/connection")
                    connections.insert(text.prefix { $0 != " " })
                }
                #expect(connections.count == 1)
            }
        }
    }

    @Test func aBodyThatIsTooLongIsRefusedInTheMidst() async throws {
        try await withNginx { client, _, bases in
            for base in bases {
                // With a length before the first byte, without one when it is too much.
                for length in [8 << 20, nil] {
                    let put = HTTPRequest(
                        .put, "\(base)/files/long",
                        body: .stream(length: length) { Pattern(size: 8 << 20) })
                    let (response, _) = try await client.send(put)
                    #expect(response.status == 413)
                }
                #expect(try await client.text("\(base)/connection").isEmpty == false)
            }
        }
    }
}
