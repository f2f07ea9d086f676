import Hosts
import Lab
import LabTraits
import Loop
import SSH
import Testing

/// The ways to a host that one suite is run over.
enum Way: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case local, ssh, openssh

    /// Those that this machine has.
    static let all: [Way] =
        LocalSSHD.excuses("the suite of sessions over ssh and openssh") ? [.local] : allCases

    var testDescription: String { rawValue }

    func connect(to server: LocalSSHD?) async throws -> any Transport {
        switch self {
        case .local: return LocalTransport()
        case .ssh:
            let server = try #require(server)
            return try await SSHTransport.connect(to: server.target)
        case .openssh:
            let server = try #require(server)
            return try await OpenSSHTransport.connect(to: server.openSSHTarget)
        }
    }
}

/// One server for all tests that do not break it; it ends with the process.
private let sharedServer = Task { try await LocalSSHD.start() }

/// A session over `way` for the time of one test, and what it costs.
func withSession(
    _ way: Way, idleLimit: Duration = ShellSession.usualIdleLimit,
    _ body: (ShellSession, TransportCounts) async throws -> Void
) async throws {
    let server = way == .local ? nil : try await sharedServer.value
    let transport = CountingTransport(try await way.connect(to: server))
    let session = ShellSession(over: transport, idleLimit: idleLimit)
    do {
        try await body(session, transport.counts)
        await session.close()
    } catch {
        await session.close()
        throw error
    }
}

extension LocalSSHD {
    var target: SSHTarget {
        SSHTarget(
            host: address, port: port, user: user, identities: [SSHIdentity(clientKey)],
            knownHosts: [knownHosts])
    }

    var openSSHTarget: OpenSSHTarget {
        OpenSSHTarget(
            host: address, user: user, port: Int(port), identity: clientKey,
            configurationFile: "/dev/null", settings: ["UserKnownHostsFile=\(knownHosts)"])
    }
}

extension ShellSession {
    func run(_ script: ShellScript, lane: ScriptOptions.Lane = .quick) async throws -> ScriptResult
    {
        try await run(script, options: ScriptOptions(lane: lane))
    }
}

extension ScriptResult {
    var text: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: error, as: UTF8.self) }
}
