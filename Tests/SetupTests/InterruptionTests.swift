import FoundationEssentials
import Glibc
import Loop
import Testing

/// Signals, and streams that end: what an impatient operator, a closed terminal and a pipe do.
@Suite struct InterruptionTests {
    /// A task that says that it runs, and waits for leave to end; one behind it.
    private static let role = """
        tasks:
          - id: first
            command: { run: "mkfifo ROOT/go; echo $$ >ROOT/started; read x <ROOT/go; touch ROOT/done", always: true }
          - id: second
            after: [first]
            file: { path: ROOT/second, content: x }
        """

    private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether a process runs: one that has ended may still wait for its parent to notice.
    private func isAlive(_ process: Int32) -> Bool {
        let status = try? String(
            contentsOf: URL(filePath: "/proc/\(process)/stat"), encoding: .utf8)
        guard let state = status?.split(separator: ") ").last?.first else { return false }
        return state != "Z" && state != "X"
    }

    /// Waits until the first task runs; its process.
    private func started(_ root: String) async throws -> Int32 {
        let line = try await ChildProcess.collect(Command("cat", ["\(root)/started"]))
        return try #require(Int32(line.outputText.split(separator: "\n").first ?? ""))
    }

    private func output(of child: ChildProcess, until text: String) async throws -> String {
        var seen = ""
        while !seen.contains(text) {
            guard case .some(let chunk) = try await child.read() else { break }
            switch chunk {
            case .output(let bytes), .error(let bytes):
                seen += String(decoding: bytes, as: UTF8.self)
            }
        }
        return seen
    }

    private func mayGo(_ root: String) async throws {
        _ = try await ChildProcess.collect(Command("sh", ["-c", "echo >\(root)/go"]))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `the first signal lets running tasks end, begins nothing, and says how to go on`(
        signal: Int32
    ) async throws {
        try await Program.withLocalRole(Self.role) { program, root in
            mkfifo("\(root)/started", 0o600)
            let run = try await program.run(["setup"]) { child in
                _ = try await started(root)
                await child.signal(signal)
                let said = try await output(of: child, until: "Ctrl-C again")
                #expect(said.contains("nothing new starts, 1 task may finish"))
                try await mayGo(root)
            }
            #expect(run.status == 130)
            #expect(
                run.error.contains("Interrupted. Finish it with:  finflowctl setup --env local"))
            #expect(run.error.contains("Not begun: 1 task"))
            #expect(exists("\(root)/done"))
            #expect(!exists("\(root)/second"))
        }
    }

    @Test func `a terminal that closes cuts nothing, however often it says so`() async throws {
        try await Program.withLocalRole(Self.role) { program, root in
            mkfifo("\(root)/started", 0o600)
            let run = try await program.run(["setup"]) { child in
                _ = try await started(root)
                await child.signal(SIGHUP)
                _ = try await output(of: child, until: "Ctrl-C again")
                await child.signal(SIGHUP)
                await child.signal(SIGHUP)
                try await mayGo(root)
            }
            #expect(run.status == 130)
            #expect(!run.error.contains("cut on"))
            #expect(exists("\(root)/done"))
        }
    }

    @Test func `the second Ctrl-C cuts what runs`() async throws {
        try await Program.withLocalRole(Self.role) { program, root in
            mkfifo("\(root)/started", 0o600)
            var process: Int32 = 0
            let run = try await program.run(["setup"]) { child in
                process = try await started(root)
                await child.signal(SIGINT)
                _ = try await output(of: child, until: "Ctrl-C again")
                await child.signal(SIGINT)
            }
            #expect(run.status == 130)
            #expect(run.error.contains("1 task cut on localhost"))
            #expect(run.error.contains("Interrupted. Finish it with:"))
            #expect(!exists("\(root)/done"))
            #expect(!isAlive(process))
        }
    }

    @Test func `exec begins on no further host after Ctrl-C, and a second one cuts`() async throws {
        try await Program.withLocalRole("tasks: []", hosts: ["a", "b"]) { program, root in
            mkfifo("\(root)/started", 0o600)
            mkfifo("\(root)/go", 0o600)
            let words = [
                "exec", "--forks", "1", "all", "--", "sh", "-c",
                "echo $$ >\(root)/started; read x <\(root)/go; echo ended",
            ]
            let gentle = try await program.run(words) { child in
                _ = try await started(root)
                await child.signal(SIGINT)
                _ = try await output(of: child, until: "Ctrl-C again")
                try await mayGo(root)
            }
            #expect(gentle.status == 130)
            #expect(gentle.output == "a\n  ended\n")
            #expect(gentle.error.contains("Not begun: 1 host"))

            var process: Int32 = 0
            let cut = try await program.run(words) { child in
                process = try await started(root)
                await child.signal(SIGINT)
                _ = try await output(of: child, until: "Ctrl-C again")
                await child.signal(SIGINT)
            }
            #expect(cut.status == 130)
            #expect(cut.error.contains("it was cut"))
            #expect(!isAlive(process))
        }
    }

    private static let file = """
        tasks:
          - id: file
            file: { path: ROOT/file, content: "x\\n", mode: "0644" }
        """

    @Test func `a reader that goes away ends neither the run nor its status`() async throws {
        try await Program.withLocalRole(Self.file) { program, root in
            let listed = try await program.shell(
                #""$0" explain | head -1; echo "${PIPESTATUS[0]}""#)
            #expect(listed.lines.last == "0")
            let run = try await program.shell(
                #""$0" setup --json | head -1; echo "${PIPESTATUS[0]}""#)
            #expect(run.lines.last == "0")
            #expect(run.lines.count == 2)
            #expect(exists("\(root)/file"))
        }
    }

    @Test(arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
    func `standard streams that are closed are no other file's`(closed: String) async throws {
        try await Program.withLocalRole(Self.file) { program, root in
            let run = try await program.shell(#""$0" setup \#(closed)"#)
            #expect(run.status == 0, "\(run.error)")
            let written = try await ChildProcess.collect(Command("cat", ["\(root)/file"]))
            #expect(written.outputText == "x\n")
        }
    }

    @Test func `data that cannot be written is an error`() async throws {
        try await Program.withLocalRole(Self.file) { program, _ in
            let run = try await program.shell(#""$0" setup --json >/dev/full"#)
            #expect(run.status == 1)
            #expect(run.error.contains("standard output could not be written: No space left"))
        }
    }
}
