import Glibc
import Lab
import Loop
import SSH
import Testing

/// A server for the time of one test.
func withServer(
    address: String = "127.0.0.1", settings: [String] = [],
    hostKeyTypes: [String] = ["ed25519", "ecdsa"], _ body: (LocalSSHD) async throws -> Void
) async throws {
    let server = try await LocalSSHD.start(
        address: address, settings: settings, hostKeyTypes: hostKeyTypes)
    do {
        try await body(server)
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

/// A connection to a server for the time of one test.
func withConnection(
    settings: [String] = [], keepAlive: Duration? = .seconds(30),
    _ body: (SSHConnection, LocalSSHD) async throws -> Void
) async throws {
    try await withServer(settings: settings) { server in
        var target = server.target
        target.keepAlive = keepAlive
        let connection = try await SSHConnection.connect(to: target)
        try await body(connection, server)
        await connection.close()
    }
}

extension LocalSSHD {
    var target: SSHTarget {
        SSHTarget(
            host: address, port: port, user: user, identities: [SSHIdentity(clientKey)],
            knownHosts: [knownHosts],
            // Beyond what a machine that does much else may need.
            timeouts: SSHTimeouts(
                connect: .seconds(60), handshake: .seconds(60), authentication: .seconds(90),
                exec: .seconds(60)))
    }
}

extension SSHConnection {
    func run(_ command: String, input: [UInt8] = []) async throws -> CollectedOutput {
        try await exec(command).collect(input: input, limit: 80 << 20)
    }
}

func expectAlive(_ connection: SSHConnection) async throws {
    #expect(try await connection.run("echo alive").outputText == "alive\n")
}

/// A socket that listens and does nothing else.
final class SilentListener: Sendable {
    let port: UInt16
    private let number: Int32

    init(backlog: Int32 = 16) throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
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

    /// Takes the next connection, says `text` and ends it.
    func greet(_ text: String) async {
        let number = number
        // On a thread of its own: the tests share two.
        await BlockingPool.shared.run {
            let client = accept(number, nil, nil)
            send(client, text, text.utf8.count, Int32(MSG_NOSIGNAL))
            close(client)
        }
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
        fillers = try (0..<4).map { _ in try Knock(port: listener.port) }
    }
}

/// A connection that is begun and left alone.
private final class Knock: Sendable {
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
