import Glibc
import Lab
import LabTraits
import Loop
import Testing

/// What is done as the user of the connection, on a host where other things are done as root.
@Suite(.timeLimit(.minutes(10))) struct LoginFencingTests {
    private static let role = """
        vars: { who: nobody, gate: false }
        tasks:
          - id: one
            file: { path: /etc/one, content: "{{ who }}" }
          - id: gate
            when: gate
            after: [one]
            become: false
            command: { run: "echo $$ >/home/ops/started; read x </home/ops/go", always: true }
          - id: mine
            after: [gate]
            become: false
            file: { path: /home/ops/mine, content: "{{ who }}" }
        """

    private static let gates = """
        cd /home/ops && mkfifo started go && chown ops: started go
        """

    /// - Parameter opens: whether the script comes to its end while the run sleeps.
    @Test(.hosts(1), arguments: [true, false])
    func `it stands behind the same fence`(opens: Bool) async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        _ = try await host.inspect(Self.gates)
        try await LabPlaybooks.withRole(Self.role, on: [host]) { program in
            func setup(_ words: String...) -> [String] { ["setup", "--env", "lab"] + words }
            let first = try await program.run(
                setup("--set", "who=a", "--set", "gate=true", "--lock-expiry", "2")
            ) { child in
                let script = try await host.inspect("cat /home/ops/started").outputText
                    .filter { $0 != "\n" }
                await child.signal(SIGSTOP)
                if opens { _ = try await host.inspect("echo >/home/ops/go") }
                let second = try await program.run(
                    setup("--set", "who=b", "--lock-wait", "60"))
                #expect(second.status == 0, "\(second.output)\(second.error)")
                let left = try await host.inspect(
                    "[ ! -e /proc/\(script) ] || grep -q ') Z ' /proc/\(script)/stat")
                #expect(left.exit.isSuccess)
                await child.signal(SIGCONT)
            }
            #expect(first.status != 0)
            if opens { #expect(first.error.contains("FF0805"), "\(first.error)") }
            let found = try await host.inspect("cat /etc/one /home/ops/mine")
            #expect(found.outputText == "bb")
        }
    }

    private static let large = """
        tasks:
          - id: environment
            become: false
            command: { run: "echo $(id -un) $HOME $USER $(umask) ${SUDO_USER:-} >/home/ops/environment", creates: /home/ops/environment }
          - id: large
            become: false
            file: { path: /home/ops/large, source: large }
        """

    @Test(.hosts(1)) func `a large file is its user's, and is what was sent`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        try await LabPlaybooks.withRole(Self.large, on: [host]) { program in
            let made = try await program.shell(
                """
                mkdir -p "$FINFLOW_PLAYBOOKS/roles/test/files" && cd "$FINFLOW_PLAYBOOKS/roles/test/files"
                head --bytes=200000 /dev/urandom >large && sha256sum <large
                """)
            let run = try await program.run("setup", "--env", "lab", "--json")
            #expect(run.status == 0, "\(run.output)\(run.error)")
            let found = try await host.inspect(
                """
                sha256sum </home/ops/large; stat -c %U:%G /home/ops/large
                cat /home/ops/environment; ls -A /home/ops | grep finflow
                """)
            #expect(
                found.outputText == made.output + "ops:ops\nops /home/ops ops 0022\n",
                "\(found.outputText)")
            let again = try await program.run("setup", "--env", "lab", "--json")
            #expect(again.status == 0)
            #expect(again.changed == [])
        }
    }
}
