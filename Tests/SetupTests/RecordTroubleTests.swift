import FoundationEssentials
import Glibc
import Testing

/// What an operator is told of a run whose record, or the records before it, make trouble.
@Suite struct RecordTroubleTests {
    @Test func `the report is written though the record cannot be`() async throws {
        let role = """
            tasks:
              - id: spoils
                command:
                  run: mv ROOT/.local/state/finflow/local ROOT/away && touch ROOT/.local/state/finflow/local
                  always: true
            """
        try await Program.withLocalRole(role) { program, root in
            let run = try await program.run("setup", "--report", "\(root)/page.html")
            #expect(run.status == 1, "\(run.error)")
            #expect(run.error.contains("FF1301"))
            let page = try String(contentsOf: URL(filePath: "\(root)/page.html"), encoding: .utf8)
            #expect(page.contains("spoils"))
        }
    }

    @Test func `old records that cannot be removed are a warning, and the run is recorded`()
        async throws
    {
        try await Program.withLocalRole("tasks: []\n") { program, root in
            let store = "\(root)/.local/state/finflow/local"
            var old: [String: String] = [:]
            for day in 10...14 { old["quiet/201801\(day)T000000Z-222aaa/000001.ndjson"] = "\n" }
            for day in 10...29 { old["quiet/202001\(day)T000000Z-222aaa/000001.ndjson"] = "\n" }
            // Where the lock should be, without which nothing is removed.
            old[".lock/in-the-way"] = ""
            try write(old, below: store)
            let role =
                "role: test\ntasks:\n  - { id: f, file: { path: \"\(root)/f\", content: x } }\n"
            try write(["roles/test/role.yaml": role], below: program.playbooks)
            let run = try await program.run("setup")
            #expect(run.status == 0, "\(run.error)")
            #expect(run.error.contains("warning[FF1308]") && !run.error.contains("FF1301"))
            let history = try await program.run("history", "last")
            #expect(history.status == 0 && history.output.contains("done"), "\(history.error)")
            // Once they can be, they go.
            try FileManager.default.removeItem(atPath: "\(store)/.lock")
            #expect(try await program.run("setup").status == 0)
            let left = try FileManager.default.contentsOfDirectory(atPath: "\(store)/quiet")
            #expect(
                !left.contains { $0.hasPrefix("2018") } && left.contains { $0.hasPrefix("2020") })
        }
    }
}
