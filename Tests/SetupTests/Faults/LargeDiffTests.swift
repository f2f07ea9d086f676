import FoundationEssentials
import Loop
import Testing

/// A difference of ten thousand lines is looked at, applied and told of in bounded memory.
@Suite struct LargeDiffTests {
    private static let role = """
        tasks:
          - id: lines
            file: { path: ROOT/lines, source: lines }
        """

    /// Every other line is another, or all are.
    private static let making = """
        mkdir -p "$HOME/Playbooks/roles/test/files"
        seq 10000 | awk '{ print ($1 % STEP ? "same " : "old ") $1 }' >"$HOME/lines"
        seq 10000 | awk '{ print ($1 % STEP ? "same " : "new ") $1 }' \
            >"$HOME/Playbooks/roles/test/files/lines"
        """

    @Test(arguments: [1, 2])
    func `it is cut for people, whole for programs, and done at once`(step: Int) async throws {
        try await Program.withLocalRole(Self.role) { program, _ in
            let changed = 10_000 / step
            let made = try await program.shell(
                Self.making.replacing("STEP", with: String(step)))
            try #require(made.status == 0, "\(made.error)")
            func measured(_ words: String...) async throws -> Program.Outcome {
                let (run, memory) = try await program.runMeasured(words)
                // Ten times what the texts have; a table of all pairs of lines would have 800 MB.
                #expect(memory < 150_000)
                return run
            }

            let plan = try await measured("plan")
            #expect(plan.status == 2)
            #expect(plan.lines.count < 250)
            #expect(plan.output.contains("more lines"))

            let json = try await measured("plan", "--json")
            let record = try #require(json.lines.first { $0.contains("\"before\"") })
            let change = try JSONDecoder().decode(Record.self, from: Data(record.utf8)).changes[0]
            let before = Set(change.before?.split(separator: "\n") ?? [])
            let after = change.after?.split(separator: "\n") ?? []
            #expect(after.count { !before.contains($0) } == changed)

            let seen = try await program.shell(
                "TERM=xterm script -qefc \"stty cols 80 rows 24; '$0' setup --diff\" /dev/null")
            #expect(seen.status == 0, "\(seen.output.suffix(500))")
            #expect(seen.lines.count < 400)
            let second = try await measured("setup", "--json")
            #expect(second.status == 0)
            #expect(second.changed == [])
        }
    }

    private struct Record: Decodable {
        struct Change: Decodable {
            var before: String?
            var after: String?
        }
        var changes: [Change]
    }
}
