import FoundationEssentials
import Testing
import Vocabulary

/// What is found damaged of what a host remembers is told: host, file, and where it was set
/// aside.
@Suite struct DamageReportTests {
    private static let tasks = """
        tasks:
          - id: secret
            file: { path: "ROOT/secret", content: "{{ secrets.db }}", mode: "0600" }
            notify: [told]
          - id: plain
            file: { path: "ROOT/plain", content: "{{ note }}\\n" }
        handlers:
          - id: told
            command: { run: "echo told >>ROOT/log", always: true }
        """

    struct Damage: Sendable, CustomTestStringConvertible {
        var file: String
        var aside: String
        var script: String
        /// Whether only the undo of the run reads it.
        var isOfUndo = false

        var testDescription: String { file }
    }

    static let stamp = "stamps/localhost%2Ftest%2Ftold/localhost%2Ftest%2Fsecret"
    static let damages = [
        Damage(file: "applied.ndjson", aside: "applied.damaged", script: "echo '{\"ta' >>$file"),
        Damage(file: "lock", aside: "lock.damaged", script: "echo garbage >$file"),
        Damage(file: "key", aside: "key.damaged", script: ": >$file"),
        Damage(
            file: "credentials.json", aside: "credentials.damaged", script: "echo garbage >$file"),
        Damage(
            file: stamp, aside: stamp.replacing("stamps/", with: "stamps.damaged/"),
            script: ": >$file"),
        Damage(
            file: "runs/RUN.ndjson", aside: "runs/RUN.damaged",
            script: "echo '{\"change\":99,' >>$file", isOfUndo: true),
    ]

    @Test(.timeLimit(.minutes(5)), arguments: damages)
    func `a damaged file is told with its host and where it was set aside`(
        damage: Damage
    ) async throws {
        try await Vault.open(Self.tasks, vars: "note: one") { vault in
            _ = try await vault.set("db", "hunter2")
            let setup = try await vault.program.run("setup")
            #expect(setup.status == 0, "\(setup.error)")
            let runs = try await vault.shell("ls '\(vault.root)/state/runs'").output
            let run = try #require(runs.split(separator: ".").first).description
            let file = damage.file.replacing("RUN", with: run)
            let aside = "\(vault.root)/state/\(damage.aside.replacing("RUN", with: run))"
            func harm() async throws {
                let done = try await vault.shell(
                    "file='\(vault.root)/state/\(file)'; [ -e $file ] || exit; \(damage.script)")
                try #require(done.status == 0, "\(done.error)")
            }
            let words = damage.isOfUndo ? ["undo", run] : ["setup"]

            // A look only tells of it.
            try await harm()
            let look = try await vault.program.run(words + ["--dry-run"])
            #expect(look.error.contains("warning[FF0807]"), "\(look.output)\(look.error)")
            #expect(look.error.contains("sets the file aside as \(aside)"), "\(look.error)")
            #expect(try await vault.shell("ls '\(aside)'").status != 0)

            let told = try await vault.program.run(words)
            // What the lost lines told of is not put back.
            #expect(told.status == (damage.isOfUndo ? 3 : 0), "\(told.error)")
            #expect(told.error.contains("warning[FF0807]"), "\(told.error)")
            #expect(told.error.contains("host localhost"))
            #expect(told.error.contains("`\(file)`"))
            #expect(told.error.contains("was set aside as \(aside)"), "\(told.error)")
            let kept = try await vault.shell("ls '\(aside)'")
            #expect(kept.status == 0, "\(kept.error)")

            // It is told once, and again as a record when it happens again.
            let after = try await vault.program.run(words)
            #expect(!after.error.contains("FF0807"), "\(after.error)")
            try await harm()
            let json = try await vault.program.run(words + ["--json"])
            let warnings = try json.lines.map { try JSON(parsing: String($0)) }
                .flatMap { record in
                    (record["warnings"]?.array ?? []).map { (record["host"]?.string, $0) }
                }
            #expect(warnings.count == 1, "\(json.output)")
            #expect(warnings.first?.0 == "localhost")
            #expect(warnings.first?.1["code"] == "FF0807")
            let message = warnings.first?.1["message"]?.string ?? ""
            #expect(message.contains("`\(file)`") && message.contains(aside), "\(message)")
            #expect(try await vault.program.run("setup").status == 0)
        }
    }
}
