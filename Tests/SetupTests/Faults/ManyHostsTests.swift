import Lab
import LabTraits
import Loop
import Testing

/// A whole lab in one run: two hundred hosts with `FINFLOW_LONG=1`, else twenty.
@Suite(.timeLimit(.minutes(60))) struct ManyHostsTests {
    private static let count = Slice.isLong ? 200 : 20

    private static let role = """
        vars: { text: one }
        tasks:
          - id: directory
            directory: { path: /etc/many, mode: "0755" }
          - id: file
            file: { path: /etc/many/file, content: "{{ host.name }} {{ text }}\\n" }
            notify: [told]
          - id: user
            user: { name: many }
          - id: checked
            after: [file]
            command: { run: "! grep -q three /etc/many/file || [ ! -e /etc/many/refuses ]", always: true }
        handlers:
          - id: told
            command: { run: "cat /etc/many/file >/etc/many/told", always: true }
        """

    @Test(.labOfItsOwn) func `they are set up in one run, in batches, in part, and without some`()
        async throws
    {
        try await LabLease.withHosts(Self.count) { lease in
            let hosts = lease.hosts
            try await LabPlaybooks.withRole(Self.role, on: hosts) { program in
                try await all(program, hosts)
                try await batches(program, hosts)
                try await without(program, hosts)
            }
        }
    }

    private func setup(
        _ program: Program, _ words: String...
    ) async throws -> Program.Outcome {
        try await program.run(["setup", "--env", "lab", "--json"] + words)
    }

    private func all(_ program: Program, _ hosts: [LabHost]) async throws {
        // On a terminal of 24 lines, which the view never fills.
        let live = try await program.shell(
            """
            TERM=xterm script -qefc "stty cols 100 rows 24; '$0' setup --env lab" /dev/null
            """)
        #expect(live.status == 0, "\(live.output.suffix(3000))")
        #expect(live.output.contains("of \(hosts.count) hosts done"))
        for frame in live.output.split(separator: "\u{1B}[J") {
            #expect(frame.split(separator: "\u{1B}[K").count <= 24)
        }
        let second = try await setup(program)
        #expect(second.status == 0)
        #expect(second.changed.allSatisfy { $0.hasSuffix("/checked") }, "\(second.changed)")
        #expect(second.changed.count == hosts.count)
    }

    private func batches(_ program: Program, _ hosts: [LabHost]) async throws {
        try write(
            [
                "site.yaml":
                    "- hosts: all\n  batch: 10%\n  max_failures: 1\n  roles: [test]\n"
            ], below: program.playbooks)
        // Two hosts of one batch in the middle refuse: one more than may.
        let size = max(1, hosts.count / 10)
        let batch = hosts.count / 2 / max(2, size) * max(2, size)
        let refusing = hosts[batch..<(batch + 2)]
        for host in refusing { _ = try await host.inspect("touch /etc/many/refuses") }
        let halted = try await setup(program, "--set", "text=three")
        #expect(halted.status == 3, "\(halted.output.suffix(3000))")
        let failed = halted.statuses.filter { $0.value == "failed" }.keys.sorted()
        let isHalted = halted.output.contains("\"batch-halted\"")
        #expect(isHalted == (size > 1), "\(failed)")
        #expect(failed == refusing.map { "\($0.name)/test/checked" }.sorted())
        // What stands behind the batch that failed was not touched.
        if size > 1, let last = hosts.last {
            let file = try await last.inspect("cat /etc/many/file")
            #expect(file.outputText == "\(last.name) one\n")
        }
        for host in refusing { _ = try await host.inspect("rm /etc/many/refuses") }

        let part = try await setup(program, "--set", "text=three", "--limit", "\(hosts[0].name)")
        #expect(part.status == 0)
        #expect(part.statuses.keys.allSatisfy { $0.hasPrefix("\(hosts[0].name)/") })
        let finished = try await setup(program, "--set", "text=three")
        #expect(finished.status == 0, "\(finished.output.suffix(3000))")
    }

    private func without(_ program: Program, _ hosts: [LabHost]) async throws {
        try write(["site.yaml": "- hosts: all\n  roles: [test]\n"], below: program.playbooks)
        let lost = hosts.enumerated().filter { $0.offset % 10 == 5 }.map(\.element)
        for host in lost { try await host.cutPower() }
        let run = try await setup(program, "--set", "text=four", "--connect-timeout", "5")
        #expect(run.status == 3, "\(run.output.suffix(3000))")
        let failed = Set(run.statuses.filter { $0.value == "failed" }.keys)
        #expect(failed == Set(lost.map { "\($0.name)/observe" }))
        let changed = run.changed.filter { $0.hasSuffix("/file") }
        #expect(changed.count == hosts.count - lost.count)
        for host in lost { try await host.restorePower() }
        let mended = try await setup(program, "--set", "text=four")
        #expect(mended.status == 0, "\(mended.output.suffix(3000))")
        #expect(mended.changed.count { $0.hasSuffix("/file") } == lost.count)
    }
}
