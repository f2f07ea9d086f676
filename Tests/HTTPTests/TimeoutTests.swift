import Glibc
import HTTP
import Lab
import Testing

@Suite struct TimeoutTests {
    @Test func connectingEndsWithItsTime() async throws {
        let deaf = try DeafListener()
        try await withClient { client, _ in
            let request = HTTPRequest(
                .get, "http://127.0.0.1:\(deaf.port)/",
                timeouts: HTTPTimeouts(connect: .milliseconds(100)))
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.kind == .timeout(.connect))
            #expect(error?.isTransient == true)
        }
    }

    @Test func aHandshakeThatIsNotAnsweredCountsAsConnecting() async throws {
        let silent = try SilentListener()
        try await withClient { client, _ in
            let request = HTTPRequest(
                .get, "https://127.0.0.1:\(silent.port)/",
                timeouts: HTTPTimeouts(connect: .milliseconds(200)))
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.kind == .timeout(.connect))
        }
    }

    @Test func theWholeRequestEndsWithItsTime() async throws {
        try await withClient { client, server in
            for path in ["/silent", "/stall/1000"] {
                let request = HTTPRequest(
                    .get, server.url(path), timeouts: HTTPTimeouts(total: .milliseconds(300)),
                    retry: .upTo(5))
                let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
                #expect(error?.kind == .timeout(.total))
                #expect(error?.isTransient == false)
            }
        }
    }

    @Test func waitingForAPlaceCounts() async throws {
        try await withClient {
            $0.connectionsPerHost = 1
            _ = $1
        } _: { client, server in
            let first = HTTPRequest(.get, server.url("/pattern/100000000"))
            try await client.withResponse(to: first) { _, _ in
                let second = HTTPRequest(
                    .get, server.url("/hello"), timeouts: HTTPTimeouts(total: .milliseconds(100)))
                let error = await #expect(throws: HTTPError.self) { try await client.send(second) }
                #expect(error?.kind == .timeout(.total))
            }
            #expect(try await client.text(server.url("/hello")) == "hello\n")
        }
    }

    @Test func aSlowReaderAndASlowStreamAreNoStall() async throws {
        try await withClient { client, server in
            let stall = HTTPTimeouts(stall: .init(below: 1_000_000, for: .milliseconds(100)))
            let down = HTTPRequest(.get, server.url("/pattern/20000000"), timeouts: stall)
            try await client.withResponse(to: down) { _, body in
                var check = Pattern.Check()
                for try await chunk in body {
                    check.take(chunk)
                    // Several times what a stall may last, at the beginning.
                    if check.count < 1_000_000 { try await Task.sleep(for: .milliseconds(300)) }
                }
                #expect(check.isWhole(20_000_000))
            }
            let up = HTTPRequest(
                .put, server.url("/sink"),
                body: .stream(length: 3) {
                    AsyncThrowingStream<[UInt8], any Error> { continuation in
                        Task {
                            for byte in 0..<3 {
                                try await Task.sleep(for: .milliseconds(300))
                                continuation.yield([UInt8(byte)])
                            }
                            continuation.finish()
                        }
                    }
                }, timeouts: stall)
            #expect(try await client.send(up).0.status == 200)
        }
    }
}

/// A socket that listens and does nothing else.
final class SilentListener: Sendable {
    let port: UInt16
    private let number: Int32

    init(backlog: Int32 = 16) throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = number
        let result = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(number, name, length) == 0 && listen(number, backlog) == 0
                    ? getsockname(number, name, &length) : -1
            }
        }
        try #require(result == 0)
        port = UInt16(bigEndian: name.sin_port)
    }

    deinit {
        close(number)
    }
}

/// A listener whose queue is full: it drops whoever knocks, as a firewall does.
final class DeafListener: Sendable {
    private let listener: SilentListener
    private let fillers: [Knock]

    var port: UInt16 { listener.port }

    init() throws {
        let listener = try SilentListener(backlog: 0)
        self.listener = listener
        fillers = (0..<4).map { _ in Knock(port: listener.port) }
    }
}

/// A connection that is begun and left alone.
private final class Knock: Sendable {
    private let number: Int32

    init(port: UInt16) {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(number, F_SETFL, O_NONBLOCK)
        let number = number
        withUnsafePointer(to: loopback(port: port)) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit {
        close(number)
    }
}

private func loopback(port: UInt16) -> sockaddr_in {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    name.sin_port = port.bigEndian
    return name
}
