import Backup
import Lab
import LabTraits
import Postgres
import Testing

@Suite(.postgres) struct TableRestoreTests {
    private func restore(
        _ table: TableRestore.Name, _ name: String, _ manifest: Manifest,
        _ repository: TestRepository, _ lab: PostgresLab, as new: TableRestore.Name? = nil,
        replacing: Bool = false
    ) async throws -> TableRestore.Restored {
        try await TableRestore(
            of: table, in: "payments", of: manifest, from: repository.reader,
            to: try await lab.server(), database: name, as: new, replacing: replacing
        ).run()
    }

    @Test(
        "a table is back beside the one that is there, with its index, and what was left out is named"
    )
    func beside() async throws {
        let name = "table_beside"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                try await lab.run("DELETE FROM entry", in: name)
                let table = TableRestore.Name(schema: "public", table: "entry")
                let restored = try await restore(
                    table, name, manifest, repository, lab,
                    as: .init(schema: "rescue", table: "entry of yesterday"))
                #expect(restored.rows == 3000 && restored.previous == nil)
                #expect(restored.omitted == ["foreign key entry_payment_fkey"])
                #expect(try await lab.count("rescue.\"entry of yesterday\"", in: name) == 3000)
                #expect(try await lab.count("entry", in: name) == 0)
                let indexes = try await lab.count(
                    "pg_indexes WHERE schemaname = 'rescue'", in: name)
                #expect(indexes == 1)
                // The same schema, where names of indexes are taken.
                _ = try await restore(
                    table, name, manifest, repository, lab,
                    as: .init(schema: "public", table: "entry_2"))
                #expect(try await lab.count("entry_2", in: name) == 3000)
                #expect(try await lab.databases("\(name)__").isEmpty)
            }
        }
    }

    @Test("a table takes its own place again, and the one before it is kept")
    func replaced() async throws {
        let name = "table_replaced"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                try await lab.run("UPDATE entry SET sum = 0", in: name)
                let table = TableRestore.Name(schema: "public", table: "entry")
                let refusal = await #expect(throws: RestoreError.self) {
                    try await restore(table, name, manifest, repository, lab)
                }
                #expect(refusal == .tableExists("public.entry", database: name))
                let restored = try await restore(
                    table, name, manifest, repository, lab, replacing: true)
                #expect(
                    restored.previous
                        == .init(schema: "finflow_before_\(manifest.id)", table: "entry"))
                #expect(try await lab.count("entry WHERE sum > 0", in: name) == 3000)
                // Others refer to this one.
                let payment = TableRestore.Name(schema: "public", table: "payment")
                let error = await #expect(throws: RestoreError.self) {
                    try await restore(
                        payment, name, manifest, repository, lab, replacing: true)
                }
                guard case .tableNeeded("public.payment", let others)? = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(others.count == 1 && others[0].contains("entry_payment_fkey"))
                // Its identity goes on behind the rows that are back.
                _ = try await restore(
                    payment, name, manifest, repository, lab,
                    as: .init(schema: "rescue", table: "payment"))
                try await lab.run("INSERT INTO rescue.payment (note) VALUES ('next')", in: name)
                #expect(try await lab.count("rescue.payment WHERE id = 20001", in: name) == 1)
            }
        }
    }

    @Test("names of tables are read with and without quotes")
    func names() {
        #expect(TableRestore.Name("payment") == .init(schema: "public", table: "payment"))
        #expect(TableRestore.Name("ledger.entry") == .init(schema: "ledger", table: "entry"))
        #expect(
            TableRestore.Name("\"odd.schema\".\"Ta\"\"ble\"")
                == .init(schema: "odd.schema", table: "Ta\"ble"))
        #expect(TableRestore.Name("a.b.c") == nil)
        #expect(TableRestore.Name("") == nil)
    }
}
