import FoundationEssentials
import Testing

/// Each exit status that scripts and CI rely on. (65 has its own cases in CommandLineTests, 130
/// in InterruptionTests.)
@Suite struct ExitStatusTests {
    private static let nowhere = """
        inventory:
          hosts:
            gone: { address: 127.0.0.1, port: 1, user: nobody }
            here: { transport: local, become: false }
        """

    @Test func `0 and 2, with and without something to change`() async throws {
        let role = "tasks: [{ id: a, file: { path: ROOT/f, content: x } }]"
        try await Program.withLocalRole(role) { program, _ in
            var statuses: [Int32?] = []
            for words in [["plan"], ["setup", "--dry-run"], ["setup"], ["plan"]] {
                statuses.append(try await program.run(words) { _ in }.status)
            }
            #expect(statuses == [2, 0, 0, 0])
        }
    }

    @Test func `1 where everything failed, 3 where only some hosts did`() async throws {
        let role = """
            tasks:
              - id: a
                command: { run: "echo why >&2; test {{ host.name }} = good", always: true }
            """
        try await Program.withLocalRole(role, hosts: ["bad", "good"]) { program, _ in
            let some = try await program.run("setup")
            #expect(some.status == 3)
            #expect(some.error.contains("1 task failed on bad."))
            #expect(some.error.contains("go on with:  finflowctl setup --env local"))
            #expect(some.error.contains("| why"))
            let all = try await program.run("setup", "--limit", "bad")
            #expect(all.status == 1)
            #expect(all.error.contains("finflowctl setup --env local --limit bad"))
            #expect(try await program.run("exec", "all", "--", "true").status == 0)
            #expect(try await program.run("exec", "all", "--", "false").status == 1)
        }
    }

    @Test func `4 where no host is reached, 3 where one of them is`() async throws {
        try await Program.withLocalRole("tasks: []") { program, root in
            try write(
                [
                    "environments/local/environment.yaml": Self.nowhere,
                    "roles/test/role.yaml":
                        "role: test\ntasks: [{ id: a, file: { path: \(root)/f, content: x } }]",
                ], below: program.playbooks)
            let gone = try await program.run("setup", "--limit", "gone")
            #expect(gone.status == 4, "\(gone.error)")
            #expect(gone.error.contains("127.0.0.1"))
            #expect(try await program.run("plan", "--limit", "gone").status == 4)
            #expect(try await program.run("exec", "gone", "--", "true").status == 4)
            let some = try await program.run("exec", "all", "--", "true")
            #expect(some.status == 3)
            #expect(some.output == "here\n")
        }
    }

    @Test(arguments: [
        ["setp"], ["setup", "--forks", "0"], ["setup", "--limt", "x"], ["exec", "all"],
        ["exec", "all", "--timeout", "0", "--", "true"], ["explain", "FF9999"], ["doc", "nothing"],
        ["setup", "--set", "nothing"], ["setup", "--become-password-file", "/nonexistent"],
    ])
    func `64 for a command line that means nothing`(words: [String]) async throws {
        let role = "tasks: [{ id: a, file: { path: ROOT/f, content: x } }]"
        try await Program.withLocalRole(role) { program, _ in
            let run = try await program.run(words) { _ in }
            #expect(run.status == 64, "\(run.output)\(run.error)")
            #expect(run.output == "")
            #expect(!run.error.isEmpty)
        }
    }

    @Test(arguments: [
        ["setup", "--json"], ["plan", "--json"], ["setup", "--dry-run", "--json"],
        ["exec", "--json", "all", "--", "printf", "a\\nb"], ["check", "--json"],
        ["history", "--json"], ["history", "--json", "last"], ["history", "--json", "--verify"],
        ["inventory", "--json"], ["inventory", "--json", "--vars", "localhost"],
    ])
    func `with --json each line is a record, the first one the version`(
        words: [String]
    ) async throws {
        struct Version: Decodable {
            var format: String
            var version: Int
        }
        let role = """
            tasks:
              - { id: a, file: { path: ROOT/f, content: x } }
              - { id: b, command: { run: "echo odd\\\\t >&2; false", always: true } }
            """
        try await Program.withLocalRole(role) { program, _ in
            // What is looked back at must have been.
            if words[0] == "history" { _ = try await program.run("setup") }
            let run = try await program.run(words) { _ in }
            let manual = try await program.run("manual").output
            let section = try #require(manual.split(separator: ".Sh JSON RECORDS").last)
            let documented = Set(
                section.split { !$0.isLetter && $0 != "_" && !$0.isNumber }.map(String.init))
            let first = try #require(run.lines.first)
            let version = try JSONDecoder().decode(Version.self, from: Data(first.utf8))
            #expect(version.format.hasPrefix("finflowctl-"))
            #expect(version.version == 1)
            #expect(run.lines.count > 1)
            for line in run.lines {
                #expect(line.hasPrefix("{"))
                let record = try JSONDecoder().decode(RecordNames.self, from: Data(line.utf8))
                for name in record.names {
                    #expect(documented.contains(name), "\(name) is not in the manual page")
                }
            }
            #expect(run.error == "")
        }
    }
}

/// The names of a record's members: a program may rely on those that the manual page lists.
struct RecordNames: Decodable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    let names: [String]

    init(from decoder: any Decoder) throws {
        names = try decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue)
    }
}
