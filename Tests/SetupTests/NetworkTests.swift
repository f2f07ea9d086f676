import Glibc
import Lab
import LabTraits
import Loop
import Testing

/// A run that saws at the branch it sits on: whatever it does to sshd or the firewall, the host
/// comes back by itself.
@Suite struct NetworkTests {
    private static func firewall(_ ports: String) -> String {
        guardedFirewall(ports) + """

              - id: behind
                after: [firewall]
                file: { path: /etc/behind, content: x }
            """
    }

    private static func sshd(_ lines: String) -> String {
        """
        tasks:
          - id: configuration
            network: true
            file: { path: /etc/ssh/sshd_config.d/10-test.conf, content: "\(lines)\\n", mode: "0644" }
            notify: [reload]
          - id: behind
            after: [reload]
            file: { path: /etc/behind, content: x }
        handlers:
          - id: reload
            network: true
            service: { name: ssh, state: reloaded }
        """
    }

    private static let network = "/var/lib/finflow/network"

    private func setup(
        _ program: Program, within seconds: Int = 30
    ) async throws -> Program.Outcome {
        try await program.run(Self.words(seconds))
    }

    private static func words(_ seconds: Int) -> [String] {
        ["setup", "--env", "lab", "--json", "--set", "network_revert_seconds=\(seconds)"]
    }

    private func last(_ host: LabHost) async throws -> String {
        try await host.inspect("cat \(Self.network)/last.json 2>/dev/null; :").outputText
    }

    private func expectReverted(_ run: Program.Outcome, _ task: String, on host: LabHost)
        async throws
    {
        #expect(run.status == 1, "\(run.output)\(run.error)")
        #expect(run.statuses["\(host.name)/test/\(task)"] == "failed")
        #expect(run.statuses["\(host.name)/test/behind"] == "pruned", "\(run.statuses)")
        #expect(run.output.contains("FF0830"), "\(run.output)\(run.error)")
        #expect(run.output.contains("it can be reached again"))
        let said = try await last(host)
        #expect(said.contains("no new connection came through"))
        #expect(said.contains("\"failed\":0"))
        #expect(said.contains("\(host.name)/test/\(task)"))
        #expect(try await host.ssh("true").exit.isSuccess)
        try await host.expectNothingArmed()
    }

    private func expectConverged(_ program: Program, changing tasks: [String], on host: LabHost)
        async throws
    {
        let mended = try await setup(program)
        #expect(mended.status == 0, "\(mended.output)\(mended.error)")
        #expect(mended.changed == Set(tasks.map { "\(host.name)/test/\($0)" }))
        #expect(mended.output.contains("put back at 2"), "what happened last is told")
        #expect(try await last(host) == "")
        try await host.expectNothingArmed()
        #expect(try await setup(program).changed == [])
    }

    @Test(.hosts(1), .timeLimit(.minutes(5)))
    func `a firewall that shuts the way in is put back, the first one and a later one`()
        async throws
    {
        let host = LabHost.leased[0]
        try await LabPlaybooks.withRole(Self.firewall("443"), on: [host]) { program in
            _ = try await host.inspect("apt-get install --yes nftables")
            let bare = try await host.networkPicture()
            try await expectReverted(try await setup(program, within: 5), "firewall", on: host)
            #expect(try await host.networkPicture() == bare)

            try program.setRole(Self.firewall("22"))
            try await expectConverged(program, changing: ["firewall", "behind"], on: host)
            // Something that no file says, as a person may have added it.
            _ = try await host.inspect(
                "rm /etc/behind; nft add rule inet finflow input tcp dport 8443 accept")
            let before = try await host.networkPicture()
            #expect(before.contains("tcp dport 22 accept") && before.contains("8443"))
            try program.setRole(Self.firewall("443"))
            try await expectReverted(try await setup(program, within: 5), "firewall", on: host)
            #expect(try await host.networkPicture() == before)
            try program.setRole(Self.firewall("22, 443"))
            try await expectConverged(program, changing: ["firewall", "behind"], on: host)
        }
    }

    @Test(.hosts(1), .timeLimit(.minutes(5)), arguments: ["AllowUsers nobody", "Port 2222"])
    func `an sshd that lets the operator in no more is put back`(lines: String) async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        try await LabPlaybooks.withRole(Self.sshd(lines), on: [host]) { program in
            let before = try await host.networkPicture()
            try await expectReverted(try await setup(program, within: 5), "reload", on: host)
            #expect(try await host.networkPicture() == before)
            // What was put back counts no more as what the run has made of the host.
            let applied = try await host.inspect(
                "grep test/configuration /var/lib/finflow/applied.ndjson | tail -n 1")
            #expect(applied.outputText.contains("\"state\":\"\""))
            try program.setRole(Self.sshd("MaxAuthTries 5"))
            try await expectConverged(
                program, changing: ["configuration", "reload", "behind"], on: host)
            #expect(try await host.networkPicture().contains("maxauthtries 5"))
        }
    }

    @Test(.hosts(1), .timeLimit(.minutes(5)))
    func `a good change is confirmed by a new connection, and no change costs none`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        func logins() async throws -> Int {
            let text = try await host.inspect(
                "journalctl --unit=ssh --output=cat | grep -c '^Accepted publickey for ops'")
            return Int(text.outputText.filter(\.isNumber)) ?? 0
        }
        try await LabPlaybooks.withRole(Self.sshd("MaxAuthTries 5"), on: [host]) { program in
            let before = try await logins()
            let first = try await setup(program)
            #expect(first.status == 0, "\(first.output)\(first.error)")
            #expect(first.changed.count == 3)
            #expect(try await logins() - before == 3)
            try await host.expectNothingArmed()
            let second = try await setup(program)
            #expect(second.changed == [])
            #expect(try await logins() - before == 4)
        }
    }

    @Test(.hosts(1), .timeLimit(.minutes(5)))
    func `a change that fails is put back at once`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        let role = """
            tasks:
              - id: configuration
                network: true
                file: { path: /etc/network.conf, content: "new\\n" }
                notify: [act]
            handlers:
              - id: act
                network: true
                command: { run: "cat /etc/network.conf >>/run/acted; ! grep new /etc/network.conf", always: true }
            """
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            _ = try await host.inspect("echo old >/etc/network.conf")
            let run = try await setup(program, within: 600)
            #expect(run.status == 1)
            #expect(run.output.contains("the host put everything back"), "\(run.error)")
            let found = try await host.inspect("cat /etc/network.conf /run/acted")
            #expect(found.outputText == "old\nnew\nold\n")
            try await host.expectNothingArmed()
        }
    }

    @Test(.hosts(1), .timeLimit(.minutes(5)))
    func `a change that cuts only the connection of the run is confirmed, and the run goes on`()
        async throws
    {
        let host = LabHost.leased[0]
        try await host.reset()
        let role = """
            tasks:
              - id: configuration
                network: true
                file: { path: /etc/network.conf, content: "new\\n" }
                notify: [act]
              - id: behind
                after: [act]
                file: { path: /etc/behind, content: x }
            handlers:
              - id: act
                network: true
                command: { run: "pkill -KILL -u ops sshd && sleep 1", always: true }
            """
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            let run = try await setup(program)
            #expect(run.status == 0, "\(run.output)")
            #expect(run.changed.count == 3)
            try await host.expectNothingArmed()
            #expect(try await setup(program).changed == [])
        }
    }
}
