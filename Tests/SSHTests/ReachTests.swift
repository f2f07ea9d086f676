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
        let listener = try DeafListener()
        let error = SSHError.timedOut(
            .connect, address: "127.0.0.1:\(listener.port)", after: .milliseconds(50))
        await #expect(throws: error) {
            try await SSHConnection.connect(
                to: target(port: listener.port, connect: .milliseconds(50)))
        }
        withExtendedLifetime(listener) {}
    }

    @Test func anAddressThatNoRouteLeadsToIsNamed() async throws {
        // The kernel has no route for a connection to a broadcast address.
        var far = target(port: 22)
        far.host = "127.255.255.255"
        let asked = far
        let error = SSHError.unreachable(
            address: "127.255.255.255:22", reason: "Network is unreachable")
        await #expect(throws: error) { try await SSHConnection.connect(to: asked) }
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
