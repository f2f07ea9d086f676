import FoundationEssentials
import Lab
import LabTraits
import Loop
import Testing

/// A host without systemd: this machine's own sshd, with a configuration of the test's.
@Suite struct NetworkPlainTests {
    private static func role(_ configuration: String, _ folder: String) -> String {
        let lines = configuration.split(separator: "\n").map { "        \($0)\n" }.joined()
        return """
            role: test
            tasks:
              - id: configuration
                network: true
                file:
                  path: \(folder)/sshd_config
                  content: |
            \(lines)    notify: [reload]
            handlers:
              - id: reload
                network: true
                command: { run: "kill -HUP $(pgrep --oldest --full 'sshd.*\(folder)/sshd_config')", always: true }
            """
    }

    private static func environment(_ server: LocalSSHD) -> String {
        """
        inventory:
          hosts:
            plain:
              address: \(server.address)
              port: \(server.port)
              user: \(server.user)
              identity: \(server.clientKey)
              become: false
        vars: { state_directory: \(server.folder)/state, network_revert_seconds: 5 }
        """
    }

    @Test(.unless(.runsSystemd), .localSSHD, .timeLimit(.minutes(5)))
    func `where no systemd runs a process of its own stands in for its timer`() async throws {
        let server = try await LocalSSHD.start()
        let configuration = try LocalSSHD.read("\(server.folder)/sshd_config")
        try await withDirectory { root in
            let program = Program(home: "\(root)/home", playbooks: "\(root)/Playbooks")
            func set(_ line: String) throws {
                try write(
                    [
                        "site.yaml": "- hosts: all\n  roles: [test]\n",
                        "roles/test/role.yaml": Self.role(
                            "\(line)\n\(configuration)", server.folder),
                        "environments/test/environment.yaml": Self.environment(server),
                    ], below: program.playbooks)
                try write(
                    [".ssh/config": "UserKnownHostsFile \(server.knownHosts)\n"],
                    below: program.home)
            }
            func setup() async throws -> Program.Outcome {
                try await program.run("setup", "--env", "test", "--json")
            }
            try set("AllowUsers nobody-at-all")
            let shut = try await setup()
            #expect(shut.status == 1, "\(shut.output)\(shut.error)")
            #expect(shut.error.contains("FF0830"), "\(shut.error)")
            #expect(try LocalSSHD.read("\(server.folder)/sshd_config") == configuration)

            try set("MaxAuthTries 5")
            let mended = try await setup()
            #expect(mended.status == 0, "\(mended.output)\(mended.error)")
            #expect(mended.changed == ["plain/test/configuration", "plain/test/reload"])
            #expect(try await setup().changed == [])
            let left = try await ChildProcess.collect(
                Command(
                    "sh",
                    [
                        "-c",
                        "ls \"$0/network/pending\"; ls -d \"$0\"/network/*-*; pgrep -f \"$0/network\"",
                        "\(server.folder)/state",
                    ]))
            #expect(left.outputText == "")
        }
        await server.stop()
    }
}
