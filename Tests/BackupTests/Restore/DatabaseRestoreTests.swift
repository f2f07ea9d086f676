import Backup
import Lab
import LabTraits
import Postgres
import Testing
import Vocabulary

@Suite(.postgres) struct DatabaseRestoreTests {
    @Test("a database with objects of every kind is back as it was, under its own odd name")
    func everyKind() async throws {
        let name = "pay'm \"ents; é"
        let quoted = try quoteIdentifier(name)
        try await PostgresLab.shared().run(EveryKind.roles)
        try await withDatabase(name, EveryKind.script(quoted)) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                let before = try await lab.script(of: name)
                let restored = try await SnapshotRestore(
                    of: manifest, from: repository.reader,
                    [.init(database: "payments", server: try await lab.server(), target: name)],
                    replacing: [name]
                ).run()
                let difference = UnifiedDiff(from: before, to: try await lab.script(of: name))
                #expect(difference.isEmpty, "\(difference)")
                #expect(restored.first?.previous == "\(name)__before_\(manifest.id)")
                #expect(restored.first?.tables == manifest.databases[0].tables.count)
                #expect(try await lab.databases("\(name)__") == ["\(name)__before_\(manifest.id)"])
            }
        }
    }

    @Test("under another name it stands beside the one that is there")
    func anotherName() async throws {
        let name = "restore_beside"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                try await lab.run("DELETE FROM entry", in: name)
                let restored = try await SnapshotRestore(
                    of: manifest, from: repository.reader,
                    [
                        .init(
                            database: "payments", server: try await lab.server(),
                            target: "\(name)_2")
                    ]
                ).run()
                #expect(restored.first?.previous == nil)
                #expect(try await lab.count("entry", in: "\(name)_2") == 3000)
                #expect(try await lab.count("entry", in: name) == 0)
                // The identity goes on where it was.
                try await lab.run("INSERT INTO payment (note) VALUES ('next')", in: "\(name)_2")
                #expect(try await lab.count("payment WHERE id = 20001", in: "\(name)_2") == 1)
            }
        }
    }

    @Test("columns that pg_dump brings back in another order are the same rows")
    func columnOrder() async throws {
        let name = "restore_columns"
        let script = """
            CREATE TABLE parent (a int); CREATE TABLE child (b int) INHERITS (parent);
            INSERT INTO child VALUES (1, 2); ALTER TABLE parent ADD COLUMN late int DEFAULT 3;
            """
        try await withDatabase(name, script) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                let restored = try await SnapshotRestore(
                    of: manifest, from: repository.reader,
                    [
                        .init(
                            database: "payments", server: try await lab.server(),
                            target: "\(name)_2")
                    ]
                ).run()
                #expect(restored.first?.rows == 1)
            }
        }
    }

    @Test("what is there is replaced only when its name is repeated")
    func unconfirmed() async throws {
        let name = "restore_unconfirmed"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                let restore = SnapshotRestore(
                    of: manifest, from: repository.reader,
                    [.init(database: "payments", server: try await lab.server(), target: name)])
                let error = await #expect(throws: RestoreError.self) { try await restore.run() }
                guard case .databaseExists(name, _)? = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(try await lab.databases("\(name)__").isEmpty)
            }
        }
    }

    @Test("while clients are connected nothing is replaced, unless they are cut off")
    func clients() async throws {
        let name = "restore_clients"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                let client = try await PostgresConnection.connect(lab.settings(name))
                var restore = SnapshotRestore(
                    of: manifest, from: repository.reader,
                    [.init(database: "payments", server: try await lab.server(), target: name)],
                    replacing: [name])
                let error = await #expect(throws: RestoreError.self) { try await restore.run() }
                guard case .clientsConnected(name, let clients)? = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(clients.count == 1 && clients[0].contains("postgres"))
                #expect(try await client.query("SELECT 1").count == 1)
                restore.isDisconnecting = true
                _ = try await restore.run()
                await #expect(throws: PostgresError.self) { try await client.query("SELECT 1") }
                #expect(try await lab.count("payment", in: name) == 20000)
            }
        }
    }

    @Test("what a killed run has filled is made anew, what it has proven is taken up")
    func takenUp() async throws {
        let name = "restore_again"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                // Half-filled.
                try await lab.run(
                    "CREATE DATABASE \"\(name)__restore_\(manifest.id)\" IS_TEMPLATE true")
                try await lab.run(
                    "CREATE TABLE payment (v int)", in: "\(name)__restore_\(manifest.id)")
                let restore = SnapshotRestore(
                    of: manifest, from: repository.reader,
                    [.init(database: "payments", server: try await lab.server(), target: name)],
                    replacing: [name])
                _ = try await restore.run()
                #expect(try await lab.count("payment", in: name) == 20000)
                // Killed before the swap.
                try await lab.run(
                    "ALTER DATABASE \(name) RENAME TO \"\(name)__ready_\(manifest.id)\"")
                try await lab.run("CREATE DATABASE \(name)")
                let events = Recorded<RestoreEvent>()
                _ = try await restore.run { events.add($0) }
                #expect(events.all.contains(.resumed("payments")))
                #expect(!events.all.contains(.phase("payments", .rows)))
                #expect(try await lab.count("payment", in: name) == 20000)
                // Proven once, and changed since.
                try await lab.run(
                    "ALTER DATABASE \(name) RENAME TO \"\(name)__ready_\(manifest.id)\"")
                try await lab.run(
                    "DELETE FROM entry WHERE sum = 7", in: "\(name)__ready_\(manifest.id)")
                _ = try await restore.run()
                #expect(try await lab.count("entry", in: name) == 3000)
            }
        }
    }

    @Test("rows that are not those of the manifest are told by table, and nothing is replaced")
    func otherRows() async throws {
        let name = "restore_rows"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                var manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                let index = manifest.databases[0].tables.firstIndex { $0.name == "empty" } ?? 0
                let other = try #require(
                    RowSummary(count: 3, checksum: String(repeating: "0", count: 32)))
                manifest.databases[0].tables[index].rows = other
                let restore = SnapshotRestore(
                    of: manifest, from: repository.reader,
                    [.init(database: "payments", server: try await lab.server(), target: name)],
                    replacing: [name])
                let error = await #expect(throws: RestoreError.self) { try await restore.run() }
                #expect(
                    "\(error.map { "\($0)" } ?? "")".contains("public.empty: 3 rows were dumped"))
                #expect(try await lab.databases("\(name)__") == ["\(name)__restore_\(manifest.id)"])
            }
        }
    }
}
