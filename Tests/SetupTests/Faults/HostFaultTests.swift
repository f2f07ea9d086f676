import FoundationEssentials
import Lab
import LabTraits
import Loop
import Testing

/// What happens to a host, or to the way to it, while a change is made there.
@Suite(.timeLimit(.minutes(10))) struct HostFaultTests {
    /// A change before, one in whose middle the fault comes, and one behind with a handler.
    private static let role = """
        tasks:
          - id: before
            file: { path: /etc/fault/before, content: "before\\n" }
          - id: held
            after: [before]
            command:
              run: "[ -e /etc/fault/may ] || { echo >/etc/fault/started; read x </etc/fault/go; }; cp /etc/fault/before /etc/fault/half; mv /etc/fault/half /etc/fault/held"
              creates: /etc/fault/held
          - id: behind
            after: [held]
            file: { path: /etc/fault/behind, content: "behind\\n" }
            notify: [told]
        handlers:
          - id: told
            command: { run: "echo told >>/etc/fault/told", always: true }
        """

    enum Fault: CaseIterable {
        /// The processes of the connection on the host are killed.
        case connectionCut
        case rebooted
        case powerCut
        /// Nothing comes through any more, in either direction.
        case packetsDropped
    }

    private static let setup = ["setup", "--env", "lab", "--json"]

    @Test(.hosts(2), arguments: Fault.allCases)
    func `what was cut off in the middle is finished by the next run, and the others do not wait`(
        fault: Fault
    ) async throws {
        let (host, other) = (LabHost.leased[0], LabHost.leased[1])
        for each in [host, other] {
            _ = try await each.inspect(
                "mkdir -p /etc/fault; mkfifo /etc/fault/started /etc/fault/go")
        }
        _ = try await other.inspect("touch /etc/fault/may")
        try await LabPlaybooks.withRole(Self.role, on: [host, other]) { program in
            try askOften(program)
            let run = try await program.run(Self.setup) { child in
                let started = try await host.inspect("timeout 60 cat /etc/fault/started")
                try #require(started.exit.isSuccess)
                try await bring(fault, on: host)
            }
            #expect(run.status == 3, "\(run.output)\(run.error)")
            #expect(run.output.contains("\"code\":\"FF04"), "\(run.output)")
            #expect(run.statuses["\(host.name)/test/held"] == "failed")
            #expect(run.statuses["\(host.name)/test/behind"] == "pruned")
            #expect(run.statuses["\(other.name)/test/told"] == "changed")

            try await end(fault, on: host)
            _ = try await host.inspect("touch /etc/fault/may")
            let mending = try await program.run(Self.setup)
            #expect(mending.status == 0, "\(mending.output)\(mending.error)")
            let last = try await program.run(Self.setup)
            #expect(last.status == 0)
            #expect(last.changed == [])
            let found = try await host.inspect(
                """
                cat /etc/fault/before /etc/fault/held /etc/fault/behind /etc/fault/told
                find / -xdev -name '.finflow-*' -o -path '/var/lib/finflow/*.new'
                """)
            #expect(found.outputText == "before\nbefore\nbehind\ntold\n", "\(found.errorText)")
        }
    }

    /// sshd has let the connection in by then, and answers nothing.
    @Test(.hosts(1))
    func `a host that takes long to open a session is not given up as silent`() async throws {
        let host = LabHost.leased[0]
        _ = try await host.inspect(
            """
            echo 'session optional pam_exec.so /bin/sleep 8' >>/etc/pam.d/sshd
            mkdir /etc/fault
            touch /etc/fault/may
            """)
        try await LabPlaybooks.withRole(Self.role, on: [host]) { program in
            try askOften(program, seconds: 1)
            let run = try await program.run(Self.setup)
            #expect(run.status == 0, "\(run.output)\(run.error)")
            #expect(run.changed.count == 4)
        }
    }

    private func bring(_ fault: Fault, on host: LabHost) async throws {
        switch fault {
        case .connectionCut: try await host.cutConnections()
        case .rebooted: try await host.reboot()
        case .powerCut: try await host.cutPower()
        case .packetsDropped:
            let address = host.insideAddress
            try await network(
                of: host,
                """
                add table ip \(host.name)
                add chain ip \(host.name) in { type filter hook input priority -300; }
                add chain ip \(host.name) out { type filter hook output priority -300; }
                add rule ip \(host.name) in ip saddr \(address) drop
                add rule ip \(host.name) out ip daddr \(address) drop
                """)
        }
    }

    private func end(_ fault: Fault, on host: LabHost) async throws {
        switch fault {
        case .connectionCut, .rebooted: break
        case .powerCut: try await host.restorePower()
        case .packetsDropped: try await network(of: host, "delete table ip \(host.name)")
        }
    }

    /// Commands of nft(8), where the lab's hosts meet this machine.
    private func network(of host: LabHost, _ commands: String) async throws {
        let result = try await ChildProcess.collect(
            Command("nsenter", ["--net=\(host.site.namespace)", "nft", "-f", "-"]),
            input: Array("\(commands)\n".utf8))
        try #require(result.exit.isSuccess, "\(result.errorText)")
    }

    /// So that a host that has become silent is given up in seconds.
    private func askOften(_ program: Program, seconds: Int = 3) throws {
        let file = URL(filePath: "\(program.home)/.ssh/config")
        let config = try String(contentsOf: file, encoding: .utf8)
        try Data("\(config)\nHost *\n  ServerAliveInterval \(seconds)\n".utf8).write(to: file)
    }
}
