import Backup
import Lab
import LabTraits
import Postgres
import Testing

@Suite(.postgres) struct DatabaseRestoreTests {
    @Test("a database with objects of every kind is back as it was, under its own odd name")
    func everyKind() async throws {
        let lab = try await PostgresLab.shared()
        let name = "pay'm \"ents; é"
        let quoted = try quoteIdentifier(name)
        try await lab.run(EveryKind.roles)
        try await lab.run("CREATE DATABASE \(quoted) OWNER kind_owner")
        try await lab.run(EveryKind.script(quoted), in: name)
        try await withDirectory { root in
            let repository = TestRepository(root)
            let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
            let before = try await lab.script(of: name)
            let restored = try await SnapshotRestore(
                of: manifest, from: repository.reader,
                [.init(database: "payments", server: try await lab.server(), target: name)],
                replacing: [name]
            ).run()
            #expect(try await lab.script(of: name) == before)
            #expect(restored.first?.previous == RestoreNamesView.before(name, manifest))
            #expect(restored.first?.tables == manifest.databases[0].tables.count)
        }
    }
}

enum RestoreNamesView {
    /// What is kept of a database that was replaced.
    static func before(_ name: String, _ manifest: Manifest) -> String {
        "\(name)__before_\(manifest.id)"
    }
}
