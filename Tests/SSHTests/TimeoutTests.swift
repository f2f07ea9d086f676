import Glibc
import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

@testable import SSH

/// Each phase has its limit, and its error says which phase of which host it was. (Connecting
/// and the handshake are in `ReachTests`.)
@Suite struct TimeoutTests {
    @Test(.localSSHD) func aHostThatDoesNotDecideAboutAKeyTimesOut() async throws {
        let settings = [
            "AuthorizedKeysCommand /usr/bin/sleep 1000", "AuthorizedKeysCommandUser \(userName)",
        ]
        try await withServer(settings: settings) { server in
            let key = "\(server.folder)/stranger"
            try await LocalSSHD.makeKey(key)
            var target = server.target
            target.identities = [SSHIdentity(key)]
            target.timeouts.authentication = .milliseconds(100)
            let asked = target
            let late = SSHError.timedOut(
                .authentication, address: "127.0.0.1:\(server.port)", after: .milliseconds(100))
            await #expect(throws: late) { try await SSHConnection.connect(to: asked) }
        }
    }

    @Test(.localSSHD) func aHostThatOpensNoChannelInTimeIsGivenUp() async throws {
        try await withServer { server in
            var target = server.target
            target.timeouts.exec = .milliseconds(100)
            let connection = try await SSHConnection.connect(to: target)
            server.freeze()
            let late = SSHError.timedOut(
                .exec, address: "127.0.0.1:\(server.port)", after: .milliseconds(100))
            await #expect(throws: late) { try await connection.exec("true") }
            await #expect(throws: late) { try await connection.exec("true") }
            #expect(await !connection.isOpen)
        }
    }

    @Test(.localSSHD) func aSilentAgentDoesNotKeepAKeyFileFromWorking() async throws {
        try await withServer { server in
            let agent = try SilentAgent(in: server.folder)
            var target = server.target
            target.agent = agent.path
            target.timeouts.authentication = .seconds(24)
            try await expectConnection(to: target)

            target.identities = []
            target.timeouts.authentication = .milliseconds(100)
            let asked = target
            let error = SSHError.agentUnusable(socket: agent.path, reason: "it does not answer")
            await #expect(throws: error) { try await SSHConnection.connect(to: asked) }
        }
    }

    @Test(.localSSHD) func aHostBehindAJumpThatNeverAnswersIsTheOneThatIsNamed() async throws {
        try await withServer { outer in
            let listener = try DeafListener()
            var target = outer.target
            target.port = listener.port
            target.timeouts.connect = .milliseconds(100)
            target.jump = outer.target
            let asked = target
            let late = SSHError.timedOut(
                .connect, address: "127.0.0.1:\(listener.port)", after: .milliseconds(100))
            await #expect(throws: late) { try await SSHConnection.connect(to: asked) }
        }
    }

    @Test(.localSSHD) func aHostBehindAJumpThatNeverSpeaksTimesOutInTheHandshake() async throws {
        try await withServer { outer in
            let listener = try SilentListener()
            var target = outer.target
            target.port = listener.port
            target.timeouts.handshake = .milliseconds(100)
            target.jump = outer.target
            let asked = target
            let late = SSHError.timedOut(
                .handshake, address: "127.0.0.1:\(listener.port)", after: .milliseconds(100))
            await #expect(throws: late) { try await SSHConnection.connect(to: asked) }
        }
    }

    @Test func aNameServerThatDoesNotAnswerIsNotWaitedFor() async throws {
        let (late, unwanted) = (try NeverReady(), try NeverReady())
        let error = SSHError.nameUnknown(
            host: "slow.example", reason: "looking it up took more than 0.1 s")
        await #expect(throws: error) {
            try await SocketAddress.resolve(
                "slow.example", port: 22, within: .milliseconds(100), by: late.lookUp)
        }
        let asking = Task {
            try await SocketAddress.resolve(
                "slow.example", port: 22, within: .seconds(1000), by: unwanted.lookUp)
        }
        asking.cancel()
        await #expect(throws: CancellationError.self) { try await asking.value }
        late.end()
        unwanted.end()
    }

    private var userName: String {
        getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    }
}

/// One look-up, which blocks its thread until `end()`.
private struct NeverReady {
    private let ends: [Int32]

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        self.ends = ends
    }

    var lookUp: @Sendable (String, UInt16) -> Result<[SocketAddress], SSHError> {
        { [ends] host, _ in
            var byte: UInt8 = 0
            _ = read(ends[0], &byte, 1)
            close(ends[0])
            return .failure(.nameUnknown(host: host, reason: "at last"))
        }
    }

    func end() {
        close(ends[1])
    }
}

/// Listens where an agent would, and never says anything.
private final class SilentAgent {
    let path: String
    private let number: Int32

    init(in folder: String) throws {
        path = "\(folder)/silent-agent"
        number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let number = number
        let result = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0 && listen(number, 8) == 0)
    }

    deinit {
        close(number)
    }
}
