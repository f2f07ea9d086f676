import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

@testable import Backup

@Suite(.postgres, .serialized) struct RestoreCommandTests {
    @Test(
        "create, verify, drill, copy, check and prune, one after the other, as an operator has them"
    )
    func endToEnd() async throws {
        try await PostgresLab.shared().run(EveryKind.roles)
        try await withDatabase("cli_payments", EveryKind.script("cli_payments")) { lab in
            try await withDatabase("cli_ledger") { lab in
                try await withDirectory { root in
                    let reconcile = """
                          reconcile:
                            same: { left: { database: payments, query: SELECT 1 }, right: { database: ledger, query: SELECT 1 } }
                          keep: { last: 1, daily: 0, weekly: 0, monthly: 0, minimum: 1 }

                        """
                    let program = try RestoreProgram(
                        root, lab, ["payments": "cli_payments", "ledger": "cli_ledger"],
                        more: reconcile)
                    var outcome = try await program.run("check", "--plugin")
                    #expect(
                        outcome.status == 2 && outcome.output.hasPrefix("BACKUP CRITICAL - "),
                        "\(outcome.all)")
                    outcome = try await program.run("create")
                    #expect(outcome.status == 0, "\(outcome.all)")
                    outcome = try await program.run("verify", "--readable")
                    #expect(outcome.status == 0, "\(outcome.all)")
                    outcome = try await program.run("drill")
                    #expect(outcome.status == 0, "\(outcome.all)")
                    #expect(
                        outcome.output.contains("2 databases")
                            && outcome.output.contains("as they were dumped; time to recover"),
                        "\(outcome.all)")
                    outcome = try await program.run("list", "--json")
                    #expect(
                        outcome.records.contains { $0["level"]?.string == "restored" },
                        "\(outcome.all)")
                    outcome = try await program.run("copy", "--to", "offsite")
                    #expect(outcome.status == 0, "\(outcome.all)")
                    outcome = try await program.run(
                        "verify", "--readable", "--repository", "offsite")
                    #expect(outcome.status == 0, "\(outcome.all)")
                    outcome = try await program.run("copy", "--to", "offsite")
                    #expect(
                        outcome.status == 0 && outcome.error.contains("has them all"),
                        "\(outcome.all)")
                    outcome = try await program.run(
                        "check", "--plugin", "--textfile", "\(root)/backup.prom")
                    #expect(
                        outcome.status == 0 && outcome.output.hasPrefix("BACKUP OK - "),
                        "\(outcome.all)")
                    #expect(
                        outcome.output.contains("payments_age=")
                            && outcome.output.split(separator: "\n").count == 1)
                    let metrics =
                        try FileCalls.contents(of: "\(root)/backup.prom", atMost: .mebibytes(1))
                        ?? []
                    #expect(
                        String(decoding: metrics, as: UTF8.self).contains(
                            "finflow_backup_healthy{environment=\"test\",database=\"payments\"} 1"))
                    let promtool = try? await ChildProcess.collect(
                        Command("promtool", ["check", "metrics"]), input: metrics)
                    if let promtool { #expect(promtool.exit.isSuccess, "\(promtool.errorText)") }
                    outcome = try await program.run("check")
                    #expect(
                        outcome.status == 0 && outcome.error.contains("Recovery point"),
                        "\(outcome.all)")

                    outcome = try await program.run("create")
                    #expect(outcome.status == 0, "\(outcome.all)")
                    outcome = try await program.run("prune")
                    #expect(
                        outcome.status == 0 && outcome.error.contains("0 snapshots"),
                        "\(outcome.all)")
                    outcome = try await program.run("drill", "--json")
                    #expect(outcome.status == 0, "\(outcome.all)")
                    outcome = try await program.run("prune", "--dry-run")
                    #expect(outcome.output.contains("- remove"), "\(outcome.all)")
                    outcome = try await program.run("prune")
                    #expect(
                        outcome.status == 0 && outcome.error.contains("1 snapshot and"),
                        "\(outcome.all)")
                    outcome = try await program.run("verify")
                    #expect(outcome.status == 0, "\(outcome.all)")

                    outcome = try await program.run("restore", "--database", "payments")
                    #expect(
                        outcome.status == 64 && outcome.error.contains("--confirm"),
                        "\(outcome.all)")
                    outcome = try await program.run(
                        "restore", "--confirm", "cli_payments", "--confirm", "cli_ledger")
                    #expect(outcome.status == 0, "\(outcome.all)")
                    #expect(outcome.output.contains("cli_payments: "))
                    #expect(try await lab.databases("cli_payments__before_").count == 1)
                    outcome = try await program.run(
                        "restore", "--database", "ledger", "--table", "entry", "--as",
                        "rescue.entry")
                    #expect(
                        outcome.status == 0 && outcome.error.contains("foreign key"),
                        "\(outcome.all)")
                    #expect(try await lab.count("rescue.entry", in: "cli_ledger") == 3000)
                }
            }
        }
    }

    @Test("a restore that is killed at any phase is finished by running it again")
    func killedRestores() async throws {
        let name = "cli_killed"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let program = try RestoreProgram(root, lab, ["payments": name])
                #expect(try await program.run("create").status == 0)
                try await lab.run("DELETE FROM entry", in: name)
                let phases = ["definitions", "rows", "indexes", "proof", "statistics", "swap"]
                for phase in Slice.of(phases, 3, seed: 4) {
                    _ = try await program.runKilled(
                        ["restore", "--json", "--confirm", name]
                    ) { $0.contains("\"phase\":\"\(phase)\"") }
                    // Nobody sees anything but one whole database or the other.
                    #expect([0, 3000].contains(try await lab.count("entry", in: name)))
                }
                let outcome = try await program.run("restore", "--confirm", name)
                #expect(outcome.status == 0, "\(outcome.all)")
                #expect(try await lab.count("entry", in: name) == 3000)
                let left = try await lab.databases("\(name)__")
                #expect(left.allSatisfy { $0.hasPrefix("\(name)__before_") }, "\(left)")
            }
        }
    }

    @Test("a drill that is killed leaves no server, and the next one takes away its files")
    func killedDrill() async throws {
        let name = "cli_drill"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let opened = try await ChildProcess.collect(Command("chmod", ["0755", root]))
                #expect(opened.exit.isSuccess)
                let program = try RestoreProgram(root, lab, ["payments": name])
                #expect(try await program.run("create").status == 0)
                let isKilled = try await program.runKilled(
                    ["drill", "--json", "--scratch", root]
                ) { $0.contains("\"phase\":\"rows\"") }
                #expect(isKilled)
                let left = try FileCalls.names(in: root).filter { $0.hasPrefix("finflow-drill.") }
                #expect(left.count == 1)
                let outcome = try await program.run("drill", "--scratch", root)
                #expect(outcome.status == 0, "\(outcome.all)")
                #expect(
                    try FileCalls.names(in: root).filter { $0.hasPrefix("finflow-drill.") }.isEmpty)
                let servers = try await ChildProcess.collect(
                    Command("pgrep", ["-f", "postgres -D \(root)"]))
                #expect(servers.outputText == "")
            }
        }
    }

    @Test("pruning takes nothing from a snapshot that is being made")
    func pruneWhileCreating() async throws {
        let name = "cli_at_once"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let program = try RestoreProgram(root, lab, ["payments": name])
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask { try await program.run("create").status == 0 }
                    for _ in 1...3 { #expect(try await program.run("prune").status == 0) }
                    while let isDone = try await group.next() { #expect(isDone) }
                }
                let outcome = try await program.run("verify", "--readable")
                #expect(
                    outcome.status == 0 && outcome.error.contains("1 snapshot"), "\(outcome.all)")
            }
        }
    }

    @Test("without the right key, or with a strange snapshot, a restore says what is wrong")
    func refusals() async throws {
        let name = "cli_refusals"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let program = try RestoreProgram(root, lab, ["payments": name])
                #expect(try await program.run("create").status == 0)
                var outcome = try await program.run(
                    "restore", "--database", "payments", "--as", "\(name)_x", "--identity",
                    "\(root)/nothing")
                #expect(outcome.status != 0 && outcome.error.contains("nothing"), "\(outcome.all)")
                outcome = try await program.run(
                    "restore", "20200101T000000Z-aaaaaa", "--as", "\(name)_x", "--database",
                    "payments")
                #expect(
                    outcome.status != 0
                        && outcome.error.contains("there is no snapshot `20200101T000000Z-aaaaaa`"),
                    "\(outcome.all)")
                outcome = try await program.run(
                    "restore", "--database", "payments", "--server",
                    "postgresql://ops:secret@127.0.0.1/x")
                #expect(outcome.status != 0 && !outcome.error.contains("secret"), "\(outcome.all)")
                outcome = try await program.run("restore", "--database", "payment")
                #expect(outcome.error.contains("did you mean `payments`?"), "\(outcome.all)")
                #expect(try await lab.databases("\(name)_").isEmpty)
            }
        }
    }
}
