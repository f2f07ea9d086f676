import Hosts
import Lab
import LabTraits
import SSH
import Testing
import Vocabulary

/// Connections as an inventory asks for them, and why there is none.
@Suite struct ConnectorTests {
    private func withServer(_ body: (LocalSSHD, String) async throws -> Void) async throws {
        let server = try await LocalSSHD.start()
        do {
            try await withFolder { try await body(server, $0) }
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func host(_ server: LocalSSHD, _ transport: TransportKind) -> Host {
        Host(
            name: "app-1", address: server.address,
            connection: ConnectionSettings(
                transport: transport, user: server.user, port: Int(server.port),
                identity: server.clientKey))
    }

    private func connector(_ knownHosts: String, _ folder: String) throws -> HostConnector {
        try LocalSSHD.write("UserKnownHostsFile \(knownHosts)\n", to: "\(folder)/config")
        return HostConnector(
            .localhost, options: ConnectionOptions(configurationFiles: ["\(folder)/config"]))
    }

    @Test func localhostNeedsNoConnection() async throws {
        let session = try await HostConnector(.localhost).connect(to: .localhost)
        let result = try await session.run("echo here")
        #expect(result.text == "here\n")
        await session.close()
    }

    @Test(.localSSHD, arguments: [TransportKind.ssh, .openssh])
    func aHostIsReachedAsTheInventorySays(kind: TransportKind) async throws {
        try await withServer { server, folder in
            let connector = try connector(server.knownHosts, folder)
            let session = try await connector.connect(to: host(server, kind))
            let result = try await session.run("echo there")
            #expect(result.text == "there\n")
            await session.close()
        }
    }

    @Test(.localSSHD, arguments: [TransportKind.ssh, .openssh])
    func everyReasonForNoConnectionHasItsKind(kind: TransportKind) async throws {
        try await withServer { server, folder in
            let known = try connector(server.knownHosts, folder)
            var refused = host(server, kind)
            refused.connection.port = 1
            var wrongKey = host(server, kind)
            try await LocalSSHD.makeKey("\(folder)/other")
            wrongKey.connection.identity = "\(folder)/other"

            func failure(_ connector: HostConnector, _ host: Host) async -> HostError? {
                await #expect(throws: HostError.self) {
                    try await connector.connect(to: host)
                }
            }
            if case .unreachable(let diagnostic)? = await failure(known, refused) {
                #expect(diagnostic.code == .sshRefused)
            } else {
                Issue.record("a refused connection has another error")
            }
            if case .authentication(let diagnostic)? = await failure(known, wrongKey) {
                #expect(diagnostic.status == .unreachable)
            } else {
                Issue.record("a wrong key has another error")
            }
            let strangers = try connector("\(folder)/none", folder)
            if case .hostKey(let diagnostic)? = await failure(strangers, host(server, kind)) {
                #expect(diagnostic.code == .sshHostKeyUnknown)
            } else {
                Issue.record("an unknown host has another error")
            }
            let key = try LocalSSHD.read("\(folder)/other.pub")
            try LocalSSHD.write(
                "[\(server.address)]:\(server.port) \(key)", to: "\(folder)/changed")
            let changed = try connector("\(folder)/changed", folder)
            if case .hostKey(let diagnostic)? = await failure(changed, host(server, kind)) {
                #expect(diagnostic.code == .sshHostKeyChanged)
                #expect(diagnostic.place?.file == "\(folder)/changed")
            } else {
                Issue.record("a changed host has another error")
            }
        }
    }

    @Test(.hosts(2), arguments: [TransportKind.ssh, .openssh])
    func hostsOfTheLabBecomeRootWithOneProgram(kind: TransportKind) async throws {
        let hosts = LabHost.leased
        let connector = HostConnector(
            .localhost,
            options: ConnectionOptions(configurationFiles: [hosts[0].site.sshConfigFile]))
        for leased in hosts {
            let host = Host(
                name: HostName(leased.name), address: leased.name,
                connection: ConnectionSettings(transport: kind))
            let session = try await connector.connect(to: host)
            let result = try await session.run("id -un; hostname")
            #expect(result.text == "root\n\(leased.name)\n")
            await session.close()
        }
    }

    @Test(.hosts(2))
    func aHostIsReachedThroughAnother() async throws {
        let (bastion, behind) = (LabHost.leased[0], LabHost.leased[1])
        let connector = HostConnector(
            .localhost,
            options: ConnectionOptions(
                configurationFiles: [bastion.site.sshConfigFile]))
        let host = Host(
            name: "behind", address: behind.insideAddress,
            connection: ConnectionSettings(
                user: "ops", port: 22, identity: behind.keyFile,
                jump: "ops@\(bastion.name):\(bastion.site.port)"))
        let session = try await connector.connect(to: host)
        let result = try await session.run("hostname")
        #expect(result.text == "\(behind.name)\n")
        await session.close()
    }
}
