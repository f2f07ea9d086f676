import FoundationEssentials
import Glibc
import Loop
import Testing

/// What a host remembers of the credentials that it runs.
@Suite struct CredentialVersionTests {
    private static let tasks = """
        tasks:
          - id: plain
            file: { path: "ROOT/plain", content: "url={{ url }}\\n" }
          - id: encoded
            file: { path: "ROOT/encoded", content: "{{ secrets.api | b64encode }}" }
          - id: none
            file: { path: "ROOT/none", content: "no secret\\n" }
        """
    private static let vars = "url: \"postgres://x:{{ secrets.db }}@h\""

    private func remembered(_ vault: Vault) throws -> String {
        try String(
            contentsOf: URL(filePath: "\(vault.root)/state/credentials.json"), encoding: .utf8)
    }

    @Test func `versions are remembered, and an older secrets.age is refused before any change`()
        async throws
    {
        try await Vault.open(Self.tasks, vars: Self.vars) { vault in
            _ = try await vault.set("db", "hunter2")
            _ = try await vault.set("api", "key one")
            let plan = try await vault.program.run("plan")
            #expect(plan.status == 2 && plan.output.contains("[sensitive] credential db@1"))
            #expect(plan.output.contains("credential api@1") && !plan.output.contains("hunter2"))
            let first = try await vault.program.run("setup")
            #expect(first.status == 0, "\(first.error)")
            #expect(
                try remembered(vault).contains("\"serial\":2,\"credentials\":{\"api\":1,\"db\":1}}")
            )
            let old = try vault.bytes()
            _ = try await vault.set("db", "hunter3")
            #expect(try await vault.program.run("setup").status == 0)
            let now = try remembered(vault)
            #expect(now.contains("\"serial\":3,\"credentials\":{\"api\":1,\"db\":2}}"))
            #expect(!now.contains("hunter"))
            let second = try await vault.program.run("setup", "--json")
            #expect(second.status == 0 && second.changed.isEmpty)
            let new = try vault.bytes()
            try Data(old).write(to: URL(filePath: vault.file))
            _ = try await vault.shell("rm '\(vault.root)/none'")
            for command in ["setup", "plan"] {
                let refused = try await vault.program.run(command)
                #expect(refused.status == 65, "\(command): \(refused.error)")
                #expect(refused.error.contains("it runs db@2, and secrets.age has db@1"))
                #expect(refused.error.contains("serial 3, and secrets.age has serial 2"))
            }
            #expect(access("\(vault.root)/none", F_OK) != 0)
            let kept = try String(contentsOf: URL(filePath: "\(vault.root)/plain"), encoding: .utf8)
            #expect(kept == "url=postgres://x:hunter3@h\n")
            try Data(new).write(to: URL(filePath: vault.file))
            #expect(try await vault.program.run("setup").status == 0)
        }
    }

    @Test func `an undo is remembered by the versions that it brings, and refuses older ones`()
        async throws
    {
        let tasks = """
            vars: { note: one }
            tasks:
              - id: plain
                file: { path: "ROOT/plain", content: "{{ note }} {{ secrets.db }}\\n" }
            """
        try await Vault.open(tasks) { vault in
            _ = try await vault.set("db", "hunter2")
            let first = try await vault.program.run("setup")
            #expect(first.status == 0, "\(first.error)")
            #expect(try await vault.program.run("setup", "--set", "note=two").status == 0)
            let old = try vault.bytes()
            _ = try await vault.set("db", "hunter3")
            let new = try vault.bytes()
            let undo = try await vault.program.run("undo", "last")
            #expect(undo.status == 0, "\(undo.error)")
            let plain = URL(filePath: "\(vault.root)/plain")
            #expect(try String(contentsOf: plain, encoding: .utf8) == "one hunter3\n")
            #expect(try remembered(vault).contains("\"serial\":2,\"credentials\":{\"db\":2}}"))

            try Data(old).write(to: URL(filePath: vault.file))
            for words in [["setup"], ["undo", "last"], ["undo", "last", "--dry-run"]] {
                let refused = try await vault.program.run(words)
                #expect(refused.status == 65, "\(words): \(refused.output)\(refused.error)")
                #expect(refused.error.contains("FF1420"), "\(words): \(refused.error)")
            }
            #expect(try String(contentsOf: plain, encoding: .utf8) == "one hunter3\n")
            try Data(new).write(to: URL(filePath: vault.file))
            #expect(try await vault.program.run("undo", "last").status == 0)
            #expect(try String(contentsOf: plain, encoding: .utf8) == "two hunter3\n")
        }
    }

    @Test func `a version that was set in two copies of the file is refused`() async throws {
        try await Vault.open(Self.tasks, vars: Self.vars) { vault in
            _ = try await vault.set("db", "hunter2")
            _ = try await vault.set("api", "key one")
            let common = try vault.bytes()
            _ = try await vault.set("db", "mine")
            #expect(try await vault.program.run("setup").status == 0)
            try Data(common).write(to: URL(filePath: vault.file))
            _ = try await vault.set("db", "theirs")
            for command in ["setup", "plan"] {
                let refused = try await vault.program.run(command)
                #expect(refused.status == 65, "\(refused.error)")
                #expect(refused.error.contains("FF1421"))
                #expect(refused.error.contains("the host runs another db@2 than secrets.age has"))
            }
            let kept = try String(contentsOf: URL(filePath: "\(vault.root)/plain"), encoding: .utf8)
            #expect(kept == "url=postgres://x:mine@h\n")
            // Somebody decides.
            _ = try await vault.set("db", "our-own")
            #expect(try await vault.program.run("setup").status == 0)
            #expect(try remembered(vault).contains("\"db\":3}}"))
            #expect(!(try remembered(vault).contains("our-own")))
        }
    }

    @Test func `a file that was made anew has nothing to do with the old versions`() async throws {
        try await Vault.open(Self.tasks, vars: Self.vars) { vault in
            for value in ["1", "2", "3"] { _ = try await vault.set("db", value) }
            _ = try await vault.set("api", "x")
            #expect(try await vault.program.run("setup").status == 0)
            #expect(unlink(vault.file) == 0)
            _ = try await vault.set("db", "4")
            _ = try await vault.set("api", "y")
            let run = try await vault.program.run("setup")
            #expect(run.status == 0, "\(run.error)")
            #expect(
                try remembered(vault).contains("\"serial\":2,\"credentials\":{\"api\":1,\"db\":1}}")
            )
        }
    }

    @Test func `what cannot be read is set aside and written anew`() async throws {
        try await Vault.open(Self.tasks, vars: Self.vars) { vault in
            _ = try await vault.set("db", "1")
            _ = try await vault.set("api", "x")
            #expect(try await vault.program.run("setup").status == 0)
            let path = URL(filePath: "\(vault.root)/state/credentials.json")
            try Data("garbage\n".utf8).write(to: path)
            _ = try await vault.set("db", "2")
            #expect(try await vault.program.run("setup").status == 0)
            #expect(try remembered(vault).contains("\"credentials\":{\"api\":1,\"db\":2}}"))
            let aside = URL(filePath: "\(vault.root)/state/credentials.damaged")
            #expect(try String(contentsOf: aside, encoding: .utf8) == "garbage\n")
        }
    }

    @Test func `without a key everything but setup and plan works`() async throws {
        try await Vault.open(Self.tasks, vars: Self.vars) { vault in
            _ = try await vault.set("db", "1")
            _ = try await vault.set("api", "x")
            #expect(rename(vault.identity, "\(vault.root)/away") == 0)
            for words in [
                ["check"], ["graph"], ["inventory"], ["inventory", "--vars", "localhost"],
            ] {
                let run = try await vault.program.run(words)
                #expect(run.status == 0, "\(words): \(run.error)")
            }
            for command in ["setup", "plan"] {
                let run = try await vault.program.run(command)
                #expect(run.status == 65 && run.error.contains("FF1403"))
                #expect(run.error.contains("`secrets.db` is needed here"))
            }
            let there = try await vault.program.run("setup", "--identity", "\(vault.root)/away")
            #expect(there.status == 0, "\(there.error)")
        }
    }

    @Test func `a name that is not in the file is told with its place, if that can be known`()
        async throws
    {
        let tasks =
            "tasks:\n  - { id: f, file: { path: \"ROOT/f\", content: \"{{ secrets.dbb }}\" } }\n"
        try await Vault.open(tasks) { vault in
            let none = try await vault.program.run("check")
            #expect(
                none.status == 65 && none.error.contains("environments/local has no secrets.age"))
            _ = try await vault.set("db", "1")
            let wrong = try await vault.program.run("check")
            #expect(wrong.status == 65 && wrong.error.contains("did you mean `db`?"))
            #expect(wrong.error.contains("role.yaml:3:"))
            #expect(rename(vault.identity, "\(vault.root)/away") == 0)
            #expect(try await vault.program.run("check").status == 0)
        }
        try await Vault.open { vault in
            // Nothing needs a credential: no key is asked for.
            _ = try await vault.set("db", "1")
            #expect(rename(vault.identity, "\(vault.root)/away") == 0)
            #expect(try await vault.program.run("check").status == 0)
        }
    }
}
