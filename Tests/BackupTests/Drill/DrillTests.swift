import Glibc
import Lab
import LabTraits
import Loop
import Postgres
import Testing
import Vocabulary

@testable import Backup

@Suite(.postgres, .serialized) struct DrillTests {
    private func drill(
        _ entry: SnapshotCatalogue.Entry, _ repository: TestRepository, in place: String
    ) async throws -> SnapshotDrill {
        SnapshotDrill(
            of: entry, from: repository.reader, programs: try await PostgresPrograms.installed(),
            in: place)
    }

    /// What drills leave in a directory, which is one of its own for each test.
    private func remains(_ place: String) throws -> [String] {
        try FileCalls.names(in: place).filter { $0.hasPrefix("finflow-drill.") }
    }

    private func withPlace<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        try await withDirectory { root in
            // The server's account goes through it.
            chmod(root, 0o755)
            return try await body(root)
        }
    }

    @Test("a drill restores all databases, compares all, and what it proves is recorded and signed")
    func passes() async throws {
        let name = "drill_passes"
        try await PostgresLab.shared().run(EveryKind.roles)
        try await withDatabase(name, EveryKind.script(name)) { lab in
            try await withDatabase("drill_ledger") { lab in
                try await withPlace { root in
                    let repository = TestRepository(root)
                    let manifest = try await repository.snapshot(
                        of: ["payments": name, "ledger": "drill_ledger"], on: lab)
                    let entry = try await repository.entry(manifest.id)
                    var drill = try await drill(entry, repository, in: root)
                    drill.reconciliations = [
                        .of("alike", "SELECT count(*) FROM payment", "SELECT 5000"),
                        .of("unlike", "SELECT count(*) FROM payment", "SELECT count(*) FROM entry"),
                        .of("broken", "SELECT nothing", "SELECT 1"),
                    ]
                    let findings = try await drill.run()
                    #expect(findings.databases.map(\.database).sorted() == ["ledger", "payments"])
                    #expect(findings.timeToRecover > .zero)
                    #expect(findings.reconciliations.map(\.isAlike) == [true, false, false])
                    #expect(findings.problems.count == 2, "\(findings.problems)")
                    #expect(findings.problems.allSatisfy { $0.hasPrefix("reconciliation ") })
                    #expect(findings.problems[0].contains("payments says 5000, ledger 3000"))
                    drill.reconciliations = []
                    let good = try await drill.run()
                    #expect(good.problems == [])
                    _ = try await drill.record(good, signedBy: repository.signer, version: "test")
                    #expect(try await repository.entry(manifest.id).level == .restored)
                    #expect(try remains(root).isEmpty)
                }
            }
        }
    }

    @Test("a snapshot whose rows or objects are not what it says fails its drill, by name")
    func fails() async throws {
        let name = "drill_fails"
        try await withDatabase(name) { lab in
            try await withPlace { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                var entry = try await repository.entry(manifest.id)
                let index =
                    entry.manifest.databases[0].tables.firstIndex { $0.name == "empty" } ?? 0
                entry.manifest.databases[0].tables[index].rows = try #require(
                    RowSummary(count: 9, checksum: String(repeating: "0", count: 32)))
                let drilled = try await drill(entry, repository, in: root)
                let findings = try await drilled.run()
                #expect(findings.problems.count == 1)
                #expect(findings.problems.first?.contains("public.empty") == true)
                let whole = try await repository.entry(manifest.id)
                let object = try #require(manifest.objects.first { $0.content == .tables })
                try Damage.middleFlipped.apply(to: repository.path(object), other: "")
                let again = try await drill(whole, repository, in: root)
                let damaged = try await again.run()
                #expect(damaged.problems.first?.contains(object.key.path) == true)
                _ = try await again.record(damaged, signedBy: repository.signer, version: "test")
                #expect(try await repository.entry(manifest.id).level == .stored)
                #expect(try remains(root).isEmpty)
            }
        }
    }

    @Test(
        "where there is no room the drill says so, and says nothing of the snapshot",
        .unless(.mountingIsRefused))
    func fullDisk() async throws {
        let name = "drill_full"
        let script = """
            CREATE TABLE large AS SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, 120000) n
            """
        try await withDatabase(name, script) { lab in
            try await withPlace { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                let small = "\(root)/small"
                try makeFolders(small)
                let mounted = try await ChildProcess.collect(
                    Command("mount", ["-t", "tmpfs", "-o", "size=60m,mode=0755", "tmpfs", small]))
                #expect(mounted.exit.isSuccess, "\(mounted.errorText)")
                let drill = try await drill(
                    try await repository.entry(manifest.id), repository, in: small)
                let error = await #expect(throws: DrillError.self) { try await drill.run() }
                if case .noRoom? = error {} else { Issue.record("\(String(describing: error))") }
                #expect(try remains(small).isEmpty)
                _ = try await ChildProcess.collect(Command("umount", ["--lazy", small]))
            }
        }
    }

    @Test("what a dead drill has left is taken away by the next, and a living one's is not")
    func sweeps() async throws {
        let name = "drill_sweeps"
        try await withDatabase(name, "CREATE TABLE t (v int)") { lab in
            try await withPlace { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                let dead = "\(root)/finflow-drill.1999999.aaaaaa"
                let alive = "\(root)/finflow-drill.\(getpid()).bbbbbb"
                for path in [dead, alive] { try makeFolders("\(path)/data") }
                let mark = ProcessMark.current
                try write("\(mark.number) \(mark.birth ?? "")\n", to: "\(alive)/owner")
                let drill = try await drill(
                    try await repository.entry(manifest.id), repository, in: root)
                #expect(try await drill.run().problems == [])
                #expect(try remains(root) == ["finflow-drill.\(getpid()).bbbbbb"])
            }
        }
    }
}

extension Reconciliation {
    fileprivate static func of(_ name: String, _ payments: String, _ ledger: String) -> Self {
        var reconciliation = Self()
        reconciliation.name = name
        reconciliation.left.database = "payments"
        reconciliation.left.query = payments
        reconciliation.right.database = "ledger"
        reconciliation.right.query = ledger
        return reconciliation
    }
}
