import Glibc
import Lab
import Loop
import SSH
import Testing

@Suite struct ReachTests {
    @Test func aRefusedConnectionNamesTheAddress() async throws {
        let port = try { try SilentListener().port }()  // closed again
        await #expect(throws: SSHError.refused(address: "127.0.0.1:\(port)")) {
            try await SSHConnection.connect(to: target(port: port))
        }
    }

    @Test func aServerThatNeverSpeaksTimesOutInTheHandshake() async throws {
        let listener = try SilentListener()
        let error = SSHError.timedOut(
            .handshake, address: "127.0.0.1:\(listener.port)", after: .milliseconds(50))
        await #expect(throws: error) {
            try await SSHConnection.connect(
                to: target(port: listener.port, handshake: .milliseconds(50)))
        }
    }

    @Test func anAddressThatNeverAnswersTimesOutWhileConnecting() async throws {
        // A listener whose queue is full drops whoever knocks, as a firewall does.
        let listener = try SilentListener(backlog: 0)
        let fillers = try (0..<4).map { _ in try Knock(port: listener.port) }
        let error = SSHError.timedOut(
            .connect, address: "127.0.0.1:\(listener.port)", after: .milliseconds(50))
        await #expect(throws: error) {
            try await SSHConnection.connect(
                to: target(port: listener.port, connect: .milliseconds(50)))
        }
        withExtendedLifetime(fillers) {}
    }

    @Test func aServerThatSpeaksSomethingElseIsNotNegotiatedWith() async throws {
        let listener = try SilentListener()
        let connecting = Task {
            try await SSHConnection.connect(
                to: target(port: listener.port, handshake: .seconds(60)))
        }
        await listener.greet("HTTP/1.1 400 Bad Request\r\n\r\n")
        let error = await #expect(throws: SSHError.self) { try await connecting.value }
        guard case .negotiationFailed? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aNameWithoutAddressIsNamed() async throws {
        var unknown = target(port: 22)
        unknown.host = "no-such-host.invalid"
        let asked = unknown
        let error = await #expect(throws: SSHError.self) {
            try await SSHConnection.connect(to: asked)
        }
        guard case .nameUnknown("no-such-host.invalid", _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func connectingCanBeCancelled() async throws {
        let listener = try SilentListener()
        let connecting = Task {
            try await SSHConnection.connect(
                to: target(port: listener.port, handshake: .seconds(1000)))
        }
        connecting.cancel()
        await #expect(throws: CancellationError.self) { try await connecting.value }
    }
}

private func target(
    port: UInt16, connect: Duration = .seconds(60), handshake: Duration = .seconds(60)
) -> SSHTarget {
    SSHTarget(
        host: "127.0.0.1", port: port, user: "nobody", knownHosts: [],
        timeouts: SSHTimeouts(connect: connect, handshake: handshake))
}

/// A connection that is begun and left alone.
private final class Knock {
    private let number: Int32

    init(port: UInt16) throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(number, F_SETFL, O_NONBLOCK)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        name.sin_port = port.bigEndian
        let number = number
        withUnsafePointer(to: name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit {
        close(number)
    }
}
