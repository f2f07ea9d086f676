import FoundationEssentials
import Glibc
import Loop
import Testing

/// Runs are recorded, and what is recorded can be looked at, by anybody who has the store.
@Suite struct HistoryTests {
    private static let role = """
        vars: { text: one, ok: true }
        tasks:
          - id: conf
            file: { path: ROOT/conf, content: "{{ text }}\\nsecond\\n" }
          - id: check
            after: [conf]
            command: { run: "echo told; {{ ok }}", always: true }
          - id: last
            after: [check]
            file: { path: ROOT/last, content: "x" }
        """

    private static let quiet = "tasks: [{ id: a, file: { path: ROOT/f, content: x } }]"

    private struct Run: Decodable {
        var event: String?
        var run: String?
        var user: String?
        var pid: Int?
        var command: [String]?
        var environment: String?
        var outcome: String?
        var counts: [String: Int]?
        var revision: String?
    }

    private func runs(_ program: Program) async throws -> [Run] {
        let listed = try await program.run("history", "--json")
        #expect(listed.status == 0, "\(listed.error)")
        return try listed.lines.dropFirst().map {
            try JSONDecoder().decode(Run.self, from: Data($0.utf8))
        }
    }

    @Test func `each setup is recorded: who, what, what came of it; plans and dry runs are not`()
        async throws
    {
        try await Program.withLocalRole(Self.quiet) { program, _ in
            for words in [["setup"], ["setup"], ["plan"], ["setup", "--dry-run"]] {
                #expect(try await program.run(words).status == 0)
            }
            let runs = try await runs(program)
            #expect(runs.map(\.outcome) == ["done", "done"])
            #expect(runs.map { $0.counts?["changed"] ?? 0 } == [0, 1])
            #expect(runs.allSatisfy { $0.command == ["setup", "--env", "local"] })
            #expect(runs[0].revision?.count == 64)
            #expect(runs[0].revision == runs[1].revision)
            let list = try await program.run("history")
            #expect(list.lines.count == 3)
            #expect(list.lines[1].contains("nothing to change"))
            #expect(list.lines[2].contains("1 changed"))
            #expect(try await program.run("history", "--limit-runs", "1").lines.count == 2)
        }
    }

    @Test func `a run is shown with its changes, its failures and what the host printed`()
        async throws
    {
        try await Program.withLocalRole(Self.role) { program, root in
            #expect(try await program.run("setup").status == 0)
            let failed = try await program.run(
                "setup", "--diff", "--set", "text=two", "--set", "ok=false")
            #expect(failed.status == 1, "\(failed.error)")
            let shown = try await program.run("history", "last")
            #expect(shown.status == 0)
            for words in [
                "failed (exit status 1)", "command check", "| told", "-one", "+two", "FF0801",
                "text=…", "Changed 1, failed 1",
            ] {
                #expect(shown.output.contains(words), "\(words): \(shown.output)")
            }
            // The values that were set may be what they should not.
            #expect(!shown.output.contains("text=two"))

            let run = try #require(try await runs(program).first?.run)
            let wrong = String(run.dropLast()) + (run.last == "a" ? "b" : "a")
            for name in [run, String(run.suffix(6)), String(run.prefix(22)), "last"] {
                #expect(
                    try await program.run("history", name).output == shown.output, "\(name)")
            }
            let unknown = try await program.run("history", wrong)
            #expect(unknown.status == 65)
            #expect(unknown.error.contains(run))
            #expect(unknown.output == "")
            _ = root
        }
    }

    @Test func `a record that was touched is found, and what can be read is shown`() async throws {
        try await Program.withLocalRole(Self.quiet) { program, root in
            _ = try await program.run("setup")
            _ = try await program.run("setup")
            let good = try await program.run("history", "--verify")
            #expect(good.status == 0)
            #expect(good.output.contains("all is as it was written"))
            let run = try #require(try await runs(program).last?.run)
            let folder = "\(root)/.local/state/finflow/local/runs/\(run)"
            let first = "\(folder)/000001.ndjson"
            let text = try String(contentsOf: URL(filePath: first), encoding: .utf8)
            try write(
                ["000001.ndjson": text.replacing("\"setup\"", with: "\"innocent\"")], below: folder)
            let touched = try await program.run("history", "--verify")
            #expect(touched.status == 1)
            #expect(touched.output.contains("runs/\(run)/000001.ndjson: it was changed"))
            try write(["000001.ndjson": "garbage"], below: folder)
            let shown = try await program.run("history", run)
            #expect(shown.status == 1)
            #expect(shown.error.contains("FF1304"))
            #expect(try await program.run("history").output.contains("(damaged)"))
            // And the next run is not kept from running.
            #expect(try await program.run("setup").status == 0)
        }
    }

    @Test func `another machine with the same store and an empty disk sees the runs`() async throws
    {
        try await Program.withLocalRole(Self.quiet) { program, root in
            let file = "environments/local/environment.yaml"
            let path = "\(program.playbooks)/\(file)"
            let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
            try write([file: text + "state: \(root)/shared\n"], below: program.playbooks)
            #expect(try await program.run("setup").status == 0)
            let other = Program(home: "\(root)/elsewhere", playbooks: program.playbooks)
            #expect(try await runs(other).map { $0.counts?["changed"] } == [1])
            // Whatever is wrong with the roles by now.
            try write(["roles/test/role.yaml": "role: ["], below: program.playbooks)
            #expect(try await other.run("history", "last").output.contains("file \(root)/f"))
        }
    }

    @Test func `what cannot be recorded is not changed, and a script is told`()
        async throws
    {
        try await Program.withLocalRole(Self.quiet) { program, root in
            try write([".local/state": "in the way"], below: root)
            let run = try await program.run("setup", "--json")
            #expect(run.status == 1)
            #expect(run.error.contains("FF1301"))
            #expect(run.lines.last?.contains("\"exit_status\":1") == true)
            #expect(access("\(root)/f", F_OK) != 0)
        }
    }

    @Test func `a run is drawn as a page, at once or from its record`() async throws {
        try await Program.withLocalRole(Self.role) { program, root in
            let page = "\(root)/page.html"
            let run = try await program.run("setup", "--set", "ok=false", "--report", page)
            #expect(run.status == 1)
            let text = try String(contentsOf: URL(filePath: page), encoding: .utf8)
            for words in ["1 task failed on 1 host", "command check", "told", "<svg", "+second"] {
                #expect(text.contains(words), "\(words)")
            }
            #expect(try await program.run("history", "last", "--report", page).status == 0)
            let again = try String(contentsOf: URL(filePath: page), encoding: .utf8)
            #expect(again.contains("1 task failed on 1 host"))
            #expect(try await program.run("plan", "--report", page).status == 2)
            let plan = try String(contentsOf: URL(filePath: page), encoding: .utf8)
            #expect(plan.contains("to change"))
            // Told before anything is done, not after.
            let nowhere = try await program.run("setup", "--report", "\(root)/no/page.html")
            #expect(nowhere.status == 1)
            #expect(nowhere.error.contains("FF1307"))
            #expect(try await program.run("history", "--report", page).status == 64)
            let device = try await program.run("plan", "--report", "/dev/null")
            #expect(device.status == 1)
        }
    }
}
