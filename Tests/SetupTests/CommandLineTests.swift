import Lab
import Loop
import Testing

/// What a newcomer meets: the embedded environment, wrong input, the reference.
@Suite struct CommandLineTests {
    private static let environment = """
        inventory: { hosts: { localhost: { transport: local, become: false } } }
        vars: { state_directory: "ROOT/state" }
        """

    private func withRole(
        _ role: String, _ body: (Program, String) async throws -> Void
    ) async throws {
        try await withDirectory { root in
            try write(
                [
                    "site.yaml": "- hosts: all\n  roles: [test]\n",
                    "roles/test/role.yaml": role,
                    "environments/local/environment.yaml": Self.environment
                        .replacing("ROOT", with: root),
                ], below: "\(root)/Playbooks")
            try await body(Program(home: root, playbooks: "\(root)/Playbooks"), root)
        }
    }

    @Test func `a misspelt command, type or code is told the nearest, and where its help is`()
        async throws
    {
        try await withDirectory { root in
            let program = Program(home: root, playbooks: root)
            let command = try await program.run("stup")
            #expect(command.status == 64)
            #expect(command.error.contains("no command `stup`; did you mean `setup`?"))
            let type = try await program.run("doc", "fil")
            #expect(type.status == 64)
            #expect(type.error.contains("did you mean `file`?"))
            #expect(type.error.contains("See 'finflowctl doc --help'"))
            let code = try await program.run("explain", "nonsense")
            #expect(code.status == 64)
            #expect(code.error.contains("`finflowctl explain` lists all"))
            #expect(code.error.contains("See 'finflowctl explain --help'"))
        }
    }

    @Test(arguments: [
        ("tasks: [{ id: a, file: { path: /tmp/x, content: \"{{ nmae }}\" } }]", "FF0303"),
        ("tasks: [{ id: a, file: { path: /tmp/x, mod: \"0644\" } }]", "FF0201"),
        ("tasks: [{ id: a, file: { path: 12 } }]", "FF0203"),
        ("tasks: [{ id: a, template: { path: /tmp/x, source: none.txt } }]", "FF0"),
        (
            """
            tasks:
              - { id: a, after: [b], file: { path: /tmp/x, content: a } }
              - { id: b, after: [a], file: { path: /tmp/y, content: a } }
            """, "FF0501"
        ),
        (
            """
            tasks:
              - { id: a, file: { path: /tmp/x, content: a } }
              - { id: b, file: { path: /tmp/x, content: b } }
            """, "FF0504"
        ),
        ("tasks: [{ id: a, command: { run: reboot } }]", "FF0"),
        ("tasks: [{ id: a, fiel: { path: /tmp/x } }]", "FF0"),
    ])
    func `bad input ends with 65, says where, and changes nothing`(
        role: String, code: String
    ) async throws {
        try await withRole("role: test\n" + role) { program, _ in
            for command in ["check", "setup", "plan"] {
                let run = try await program.run(command)
                #expect(run.status == 65, "\(command): \(run.output)\(run.error)")
                #expect(run.error.contains("error[\(code)"), "\(run.error)")
                #expect(run.error.contains("role.yaml:"))
                #expect(run.output == "")
            }
        }
    }

    @Test func `a run changes, a second one does not, and a plan tells of an edit`() async throws {
        try await withRole("role: test\ntasks: [{ id: a, file: { path: /ROOT/f, content: x } }]") {
            program, root in
            try write(
                [
                    "roles/test/role.yaml": """
                    role: test
                    tasks:
                      - { id: a, file: { path: "\(root)/f", content: "x\\n", mode: "0604" } }
                    """
                ], below: program.playbooks)
            let dry = try await program.run("setup", "--dry-run", "--json")
            #expect(dry.status == 0)
            #expect(dry.changed == ["localhost/test/a"])
            let first = try await program.run("setup", "--json")
            #expect(first.status == 0)
            #expect(first.changed == ["localhost/test/a"])
            let second = try await program.run("setup")
            #expect(second.status == 0)
            #expect(second.error.contains("Nothing to change"))
            try write(["f": "y\n"], below: root)
            let plan = try await program.run("plan")
            #expect(plan.status == 2)
            #expect(plan.output.contains("-y"))
            #expect(plan.output.contains("+x"))
        }
    }

    @Test func `what a task puts out reaches those behind it, and a plan says it cannot know`()
        async throws
    {
        try await withRole("role: test\ntasks: []") { program, root in
            try write(
                [
                    "roles/test/role.yaml": """
                    role: test
                    tasks:
                      - id: a
                        command: { run: echo hello, always: true }
                        outputs: { word: "stdout | trim" }
                      - id: b
                        after: [a]
                        file: { path: "\(root)/f", content: "{{ tasks.a.word }}\\n" }
                    """
                ], below: program.playbooks)
            let plan = try await program.run("plan", "--json")
            #expect(plan.status == 2, "\(plan.output)\(plan.error)")
            #expect(plan.changed == ["localhost/test/a", "localhost/test/b"])
            let run = try await program.run("setup")
            #expect(run.status == 0, "\(run.output)\(run.error)")
            let written = try await ChildProcess.collect(Command("cat", ["\(root)/f"]))
            #expect(written.outputText == "hello\n")
        }
    }

    @Test func `the reference is there without any playbook`() async throws {
        let program = Program(home: "/", playbooks: "/nonexistent")
        let doc = try await program.run("doc", "file")
        #expect(doc.status == 0)
        #expect(doc.output.contains("path"))
        let slip = try await program.run("doc", "fiel")
        #expect(slip.status == 64)
        #expect(slip.error.contains("`file`"))
        let explained = try await program.run("explain", "FF0201")
        #expect(explained.output.contains("finflowctl doc"))
        let schema = try await program.run("schema", "role")
        #expect(schema.output.hasPrefix("{"))
        let manual = try await program.run("manual")
        #expect(manual.output.contains(".Ss setup") || manual.output.contains("setup"))
        let completions = try await program.run("manual", "--completions", "bash")
        #expect(completions.output.contains("complete"))
        let missing = try await program.run("check", "--env", "nowhere")
        #expect(missing.status == 65)
        #expect(missing.error.contains("--playbooks"))
    }

    @Test func `every code has an explanation, and no two are the same`() async throws {
        let program = Program(home: "/", playbooks: "/nonexistent")
        let list = try await program.run("explain").output.split(separator: "\n")
        let codes = list.map { $0.prefix(6) }
        #expect(Set(codes).count == codes.count, "\(codes)")
        #expect(codes.count > 50)
    }
}
