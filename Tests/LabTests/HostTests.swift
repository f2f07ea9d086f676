import Lab
import LabTraits
import Loop
import Testing

@Suite struct HostTests {
    @Test(.hosts(1)) func aHostRunsSystemdAndLetsOpsInWithSudo() async throws {
        let host = LabHost.leased[0]
        let state = try await host.ssh("systemctl is-system-running --wait")
        #expect(state.outputText == "running\n")
        let root = try await host.ssh("sudo -n id -un && hostname")
        #expect(root.outputText == "root\n\(host.name)\n")
        #expect(try await host.ssh("id -un", as: "root").outputText == "root\n")
    }

    @Test(.hosts(1)) func aPackageIsInstalledFromTheLocalRepository() async throws {
        let host = LabHost.leased[0]
        let installed = try await host.ssh(
            "sudo apt-get -qq update && sudo apt-get -qq install -y tree && tree --version")
        #expect(installed.exit == .status(0), "\(installed.errorText)")
        #expect(installed.outputText.contains("tree v2"))
    }

    @Test(.hosts(1)) func theSignedRepositoryIsTrustedWithItsKeyAlone() async throws {
        let host = LabHost.leased[0]
        func update(signedBy key: String) async throws -> CollectedOutput {
            try await host.ssh(
                """
                echo 'deb [signed-by=\(key)] file:/srv/hello stable main' |
                    sudo tee /etc/apt/sources.list.d/hello.list &&
                sudo apt-get -qq -o APT::Update::Error-Mode=any update
                """)
        }
        let stranger = "/usr/share/keyrings/debian-archive-keyring.gpg"
        #expect(try await update(signedBy: stranger).exit == .status(100))
        #expect(try await update(signedBy: "/srv/hello/key.asc").exit == .status(0))

        let upgraded = try await host.ssh(
            """
            export DEBIAN_FRONTEND=noninteractive
            sudo apt-get -qq install -y finflow-hello=1.0 >/dev/null && finflow-hello &&
            sudo apt-get -qq upgrade -y >/dev/null && finflow-hello
            """)
        #expect(upgraded.outputText == "finflow-hello 1.0\nfinflow-hello 2.0\n")
    }

    @Test(.hosts(1)) func aRebootKeepsTheDiskAndEndsEveryProcess() async throws {
        let host = LabHost.leased[0]
        _ = try await host.inspect("echo kept >/etc/mark && echo gone >/run/mark")
        try await host.reboot()
        #expect(try await host.ssh("cat /etc/mark").outputText == "kept\n")
        #expect(try await host.ssh("cat /run/mark").exit == .status(1))
    }

    @Test(.hosts(1)) func aPowerCutKeepsTheDiskAndTheHostRefusesConnectionsMeanwhile()
        async throws
    {
        let host = LabHost.leased[0]
        _ = try await host.inspect("echo kept >/etc/mark")
        try await host.cutPower()
        #expect(try await host.ssh("true").exit == .status(255))
        try await host.restorePower()
        #expect(try await host.ssh("cat /etc/mark").outputText == "kept\n")
    }

    @Test(.hosts(1)) func aResetGivesAFreshDiskAndNetworkUnderTheSameHostKey() async throws {
        let host = LabHost.leased[0]
        _ = try await host.inspect("touch /etc/mark && ip address add 10.9.9.9/32 dev host0")
        try await host.reset()
        #expect(try await host.ssh("test -e /etc/mark").exit == .status(1))
        #expect(!(try await host.ssh("ip address").outputText.contains("10.9.9.9")))
    }

    @Test(.hosts(1)) func cuttingConnectionsEndsASessionAndLeavesTheServer() async throws {
        let host = LabHost.leased[0]
        let session = try await ChildProcess.spawn(
            Command("ssh", ["-F", host.site.sshConfigFile, host.name, "echo ready; sleep 1000"]))
        #expect(try await session.read() == .output(Array("ready\n".utf8)))
        try await host.cutConnections()
        #expect(try await session.exit() == .status(255))
        await session.close()
        #expect(try await host.ssh("true").exit == .status(0))
    }

    @Test(.hosts(1)) func cuttingConnectionsEndsEveryOneOfMany() async throws {
        let host = LabHost.leased[0]
        try await withThrowingTaskGroup(of: ProgramExit.self) { group in
            let (ready, note) = AsyncStream<Void>.makeStream()
            for _ in 0..<6 {
                group.addTask {
                    let command = Command(
                        "ssh", ["-F", host.site.sshConfigFile, host.name, "echo ready; sleep 1000"])
                    return try await ChildProcess.withRunning(command) { session in
                        #expect(try await session.read() == .output(Array("ready\n".utf8)))
                        note.yield()
                        return try await session.exit()
                    }
                }
            }
            var waiting = ready.makeAsyncIterator()
            for _ in 0..<6 { await waiting.next() }
            try await host.cutConnections()
            for try await exit in group { #expect(exit == .status(255)) }
        }
    }

    @Test(.hosts(2)) func hostsReachEachOtherAtTheirInsideAddresses() async throws {
        let (first, second) = (LabHost.leased[0], LabHost.leased[1])
        let ping = try await first.inspect("ping -q -c 1 \(second.insideAddress)")
        #expect(ping.exit == .status(0), "\(ping.errorText)")
    }

    @Test(.hosts(1)) func aProcessInTheLabsNamespaceReachesHostsWithoutTheRelay() async throws {
        let host = LabHost.leased[0]
        let answer = try await ChildProcess.collect(
            Command(
                "nsenter",
                [
                    "--net=\(host.site.namespace)", "ssh", "-F", host.site.insideSSHConfigFile,
                    host.name, "echo $SSH_CONNECTION",
                ]))
        #expect(answer.outputText.hasPrefix("10.77.0.1 "))
    }
}
