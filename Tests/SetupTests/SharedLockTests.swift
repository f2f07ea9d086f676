import FoundationEssentials
import Glibc
import Loop
import Testing
import Vocabulary

/// One machine under two names of an inventory, with one memory: its lock is given back by the
/// name that is done last.
@Suite struct SharedLockTests {
    private static let role = """
        vars: { who: nobody, gate: false }
        tasks:
          - id: one
            file: { path: "ROOT/{{ host.name }}-one", content: "{{ who }}" }
          - id: gate
            when: gate and host.name == 'slow'
            after: [one]
            command: { run: "echo $$ >ROOT/started; read x <ROOT/go", always: true }
          - id: two
            after: [gate]
            file: { path: "ROOT/{{ host.name }}-two", content: "{{ who }}" }
        """

    private func withNames(_ body: (Program, String) async throws -> Void) async throws {
        try await Program.withLocalRole(Self.role) { program, root in
            mkfifo("\(root)/started", 0o600)
            mkfifo("\(root)/go", 0o600)
            try write(
                [
                    "environments/local/environment.yaml": """
                    inventory:
                      hosts:
                        quick: { transport: local, become: false }
                        slow: { transport: local, become: false }
                    vars: { state_directory: "\(root)/state" }

                    """
                ], below: program.playbooks)
            try await body(program, root)
        }
    }

    /// Waits until the slow name stands at the gate and the quick one is done and has left.
    private func quickIsDone(_ root: String) async throws {
        let left = try await ChildProcess.collect(
            Command(
                "sh",
                [
                    "-c",
                    """
                    read x <\(root)/started
                    until [ -e \(root)/quick-two ] && [ "$(ls \(root)/state/names)" = slow ]; do
                      sleep 0.05
                    done
                    """,
                ]))
        try #require(left.exit.isSuccess, "\(left.errorText)")
    }

    private func lock(_ root: String) throws -> JSON {
        try JSON(
            parsing: String(
                contentsOf: URL(filePath: "\(root)/state/lock"), encoding: .utf8))
    }

    @Test(.timeLimit(.minutes(5)))
    func `the first name that is done does not give the lock back for the other`() async throws {
        try await withNames { program, root in
            let first = try await program.run(["setup", "--set", "who=a", "--set", "gate=true"]) {
                _ in
                try await quickIsDone(root)
                for name in ["quick", "slow"] {
                    let second = try await program.run(
                        "setup", "--set", "who=b", "--limit", name)
                    #expect(second.status == 5, "\(name): \(second.error)")
                }
                _ = try await ChildProcess.collect(Command("sh", ["-c", "echo >\(root)/go"]))
            }
            #expect(first.status == 0, "\(first.output)\(first.error)")
            #expect(try lock(root)["released"] != nil)
            #expect(try await program.shell("ls \(root)/state/names").output == "")
            let second = try await program.run("setup", "--set", "who=b", "--json")
            #expect(second.status == 0, "\(second.error)")
            #expect(second.changed.count == 4)
            #expect(try lock(root)["released"] != nil)
            // Each name's part of the run is put back once.
            let undo = try await program.run("undo", "last", "--json")
            #expect(undo.status == 0, "\(undo.output)\(undo.error)")
            #expect(undo.changed == second.changed)
            #expect(try await program.run("setup", "--set", "who=b").status == 0)
            // Nothing to do, and nothing is left behind by it.
            #expect(try await program.run("setup", "--set", "who=b", "--json").changed == [])
            #expect(try lock(root)["released"] != nil)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the names of a run that was killed do not outlive it`() async throws {
        try await withNames { program, root in
            _ = try await program.run(["setup", "--set", "who=a", "--set", "gate=true"]) { child in
                try await quickIsDone(root)
                await child.signal(SIGKILL)
            }
            #expect(try lock(root)["released"] == nil)
            let second = try await program.run("setup", "--set", "who=b", "--limit", "quick")
            #expect(second.status == 0, "\(second.error)")
            #expect(try lock(root)["released"] != nil, "the dead run's `slow` counts no more")
            #expect(try await program.shell("ls \(root)/state/names").output == "")
        }
    }

    /// Both names see the damage, and the one that mends it second must not set aside what is
    /// good by then.
    @Test(.timeLimit(.minutes(5)))
    func `what is damaged is set aside once, whatever names the machine has`() async throws {
        try await withNames { program, root in
            #expect(try await program.run("setup", "--set", "who=a").status == 0)
            _ = try await program.shell("echo '{\"ta' >>\(root)/state/applied.ndjson")
            let run = try await program.run("setup", "--set", "who=b")
            #expect(run.status == 0, "\(run.error)")
            let aside = try await program.shell("cat \(root)/state/applied.damaged").output
            #expect(aside.hasSuffix("{\"ta\n"), "\(aside)")
            #expect(try await program.run("setup", "--set", "who=b", "--json").changed == [])
        }
    }
}
