import Loop
import Testing

/// What a host remembers of its handlers, where it is hard to remember.
@Suite struct StampTests {
    private static let role = """
        tasks:
          - id: file
            for_each: [NAME]
            file: { path: "ROOT/file", content: "{{ text }}\\n" }
            notify: [told]
        handlers:
          - id: told
            command: { run: "echo told >>ROOT/told", always: true }
        vars: { text: one }
        """

    @Test(arguments: ["x", "x.new", String(repeating: "long", count: 100), "a/../b"])
    func `a handler is done once, whatever its notifier is called`(name: String) async throws {
        let role = Self.role.replacing("NAME", with: "\"\(name)\"")
        try await Program.withLocalRole(role) { program, root in
            let first = try await program.run("setup", "--json")
            #expect(first.status == 0, "\(first.output)\(first.error)")
            #expect(first.changed.count == 2)
            let second = try await program.run("setup", "--json")
            #expect(second.status == 0)
            #expect(second.changed == [])
            let told = try await ChildProcess.collect(Command("cat", ["\(root)/told"]))
            #expect(told.outputText == "told\n")
        }
    }

    @Test func `nothing is changed whose stamp cannot be removed first`() async throws {
        let role = Self.role.replacing("NAME", with: "x")
        try await Program.withLocalRole(role) { program, root in
            #expect(try await program.run("setup").status == 0)
            // In the stamp's place something that rm does not remove.
            _ = try await program.shell(
                "for stamp in \(root)/state/stamps/*/*; do rm \"$stamp\"; mkdir \"$stamp\"; done")
            let failed = try await program.run("setup", "--set", "text=two")
            #expect(failed.status == 1, "\(failed.output)\(failed.error)")
            let file = try await ChildProcess.collect(Command("cat", ["\(root)/file"]))
            #expect(file.outputText == "one\n")
            _ = try await program.shell("rmdir \(root)/state/stamps/*/*")
            #expect(try await program.run("setup", "--set", "text=two").status == 0)
            let told = try await ChildProcess.collect(Command("cat", ["\(root)/told"]))
            #expect(told.outputText == "told\ntold\n")
        }
    }
}
