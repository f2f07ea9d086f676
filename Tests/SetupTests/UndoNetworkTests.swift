import Lab
import LabTraits
import Loop
import Testing

/// An undo that would cut off who asked for it: the host takes it back by itself.
@Suite struct UndoNetworkTests {
    private static let sshd = """
        tasks:
          - id: configuration
            network: true
            file:
              path: /etc/ssh/sshd_config.d/10-test.conf
              content: "MaxAuthTries 5\\n"
              mode: "0644"
            notify: [reload]
        handlers:
          - id: reload
            network: true
            service: { name: ssh, state: reloaded }
        """

    /// Whoever comes by port 22 comes in by another one.
    private static let detour = """
        nft add table ip detour
        nft add chain ip detour pre '{ type nat hook prerouting priority -100 ; }'
        nft add rule ip detour pre tcp dport 22 redirect to :2222
        """

    private func run(_ program: Program, _ words: String...) async throws -> Program.Outcome {
        try await program.run(
            words + [
                "--env", "lab", "--json", "--set", "network_revert_seconds=5",
            ])
    }

    private static let admitted = """
        tasks:
          - { id: group, group: { name: admitted } }
          - { id: operator, after: [group], user: { name: ops, groups: [admitted] } }
          - id: configuration
            after: [operator]
            network: true
            file:
              path: /etc/ssh/sshd_config.d/10-test.conf
              content: "AllowGroups admitted root\\n"
              mode: "0644"
            notify: [reload]
          - id: unrelated
            after: [group]
            network: true
            file: { path: /etc/unrelated.conf, content: x }
            notify: [other]
        handlers:
          - { id: other, network: true, command: { run: "true", always: true } }
          - { id: reload, network: true, service: { name: ssh, state: reloaded } }
        """

    /// The handler of `admitted` comes after a task that fails until a file is there.
    private static let admittedLater = admitted.replacing(
        "handlers:",
        with: """
              - id: gate
                command: { run: "[ -e /root/ready ]", creates: /root/passed }
            handlers:
            """
    ).replacing("{ id: reload,", with: "{ id: reload, after: [gate],")

    /// sshd must have taken the old configuration in before the operator leaves the group that the
    /// new one lets in: also where it was a later run that had it taken in.
    @Test(.hosts(1), .timeLimit(.minutes(5)), arguments: [false, true])
    func `who is let in by a group is not shut out while the group is put back`(
        isLater: Bool
    ) async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        let role = isLater ? Self.admittedLater : Self.admitted
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            let setup = try await run(program, "setup")
            #expect(setup.status == (isLater ? 1 : 0), "\(setup.output)\(setup.error)")
            let first = try await host.inspect("ls /var/lib/finflow/runs").outputText
            let name = try #require(first.split(separator: ".").first.map(String.init))
            if isLater {
                _ = try await host.inspect("touch /root/ready /root/passed")
                let second = try await run(program, "setup")
                #expect(second.changed.contains { $0.hasSuffix("/reload") }, "\(second.output)")
            }
            let undo = try await run(program, "undo", name)
            // A command is not repeated; all else is as before.
            #expect(undo.status == 3, "\(undo.output)\(undo.error)")
            #expect(!undo.output.contains("\"status\":\"failed\""), "\(undo.output)")
            let left = try await host.inspect(
                "getent group admitted; ls /etc/ssh/sshd_config.d/10-test.conf; id -nG ops; :")
            #expect(!left.outputText.contains("admitted"), "\(left.outputText)")
            try await host.expectNothingArmed()
        }
    }

    @Test(.hosts(1), .timeLimit(.minutes(5)))
    func `a firewall whose undo would shut the way in stays, and the undo says so`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        try await LabPlaybooks.withRole(guardedFirewall("2222"), on: [host]) { program in
            _ = try await host.inspect(
                """
                apt-get update && apt-get install --yes nftables
                printf 'Port 22\\nPort 2222\\n' >/etc/ssh/sshd_config.d/05-ports.conf
                systemctl reload ssh
                \(Self.detour)
                """)
            let shut = try await run(program, "setup")
            #expect(shut.status == 0, "\(shut.output)\(shut.error)")
            try program.setRole(guardedFirewall("22, 2222"))
            let opened = try await run(program, "setup")
            #expect(opened.status == 0, "\(opened.output)\(opened.error)")
            let runs = try await host.inspect("ls /var/lib/finflow/runs | sort").outputText
            let second = try #require(runs.split(separator: "\n").last?.dropLast(7)).description
            _ = try await host.inspect("nft delete table ip detour")
            let before = try await host.networkPicture()
            #expect(before.contains("dport { 22, 2222 } accept"), "\(before)")

            let undo = try await run(program, "undo", "last")
            #expect(undo.status == 1, "\(undo.output)\(undo.error)")
            #expect(undo.statuses["\(host.name)/test/firewall"] == "failed")
            #expect(undo.output.contains("FF0830"), "\(undo.output)")
            #expect(undo.output.contains("so the host took it back at 2"))
            #expect(undo.output.contains("Make another way in first"))
            #expect(undo.lines.last?.contains("\"exit_status\":1") == true)
            #expect(undo.lines.last?.contains("\"put_back\":0") == true)
            #expect(try await host.networkPicture() == before)
            #expect(try await host.ssh("true").exit.isSuccess)
            try await host.expectNothingArmed()
            #expect(try await run(program, "setup").changed == [])

            // Where there is another way in it is put back.
            _ = try await host.inspect(Self.detour)
            let put = try await run(program, "undo", second)
            #expect(put.status == 0, "\(put.output)\(put.error)")
            #expect(try await host.networkPicture().contains("dport 2222 accept"))
            try await host.expectNothingArmed()
        }
    }

    @Test(.hosts(1), .timeLimit(.minutes(5)))
    func `an sshd whose undo would let nobody in stays, and a harmless undo is confirmed`()
        async throws
    {
        let host = LabHost.leased[0]
        try await host.reset()
        let file = "/etc/ssh/sshd_config.d/10-test.conf"
        try await LabPlaybooks.withRole(Self.sshd, on: [host]) { program in
            // As somebody left it, who never made sshd read it.
            _ = try await host.inspect("echo 'AllowUsers nobody' >\(file)")
            let setup = try await run(program, "setup")
            #expect(setup.status == 0, "\(setup.output)\(setup.error)")
            let journal = try await host.inspect("cat /var/lib/finflow/runs/*.ndjson").outputText
            #expect(journal.contains("\"network\":true,\"revert_seconds\":5"))
            let before = try await host.networkPicture()
            let undo = try await run(program, "undo", "last")
            #expect(undo.status == 1, "\(undo.output)\(undo.error)")
            #expect(undo.statuses["\(host.name)/test/reload"] == "failed", "\(undo.output)")
            #expect(undo.output.contains("FF0830"))
            #expect(undo.lines.last?.contains("\"put_back\":0") == true)
            #expect(try await host.inspect("cat \(file)").outputText == "MaxAuthTries 5\n")
            #expect(try await host.networkPicture() == before)
            #expect(try await host.ssh("true").exit.isSuccess)
            try await host.expectNothingArmed()
            let applied = try await host.inspect(
                "grep test/configuration /var/lib/finflow/applied.ndjson | tail -n 1")
            #expect(!applied.outputText.contains("\"state\":\"\""))
            #expect(try await run(program, "setup").status == 0)

            try await host.reset()
            _ = try await host.inspect("echo 'MaxAuthTries 4' >\(file)")
            #expect(try await run(program, "setup").status == 0)
            let put = try await run(program, "undo", "last")
            #expect(put.status == 0, "\(put.output)\(put.error)")
            #expect(try await host.networkPicture().contains("maxauthtries 4"))
            try await host.expectNothingArmed()
        }
    }
}
