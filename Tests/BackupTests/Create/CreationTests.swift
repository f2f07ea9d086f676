import Backup
import Glibc
import Lab
import LabTraits
import Loop
import Postgres
import Testing
import Vocabulary

/// What a snapshot has in it.
@Suite(.postgres, .timeLimit(.minutes(20))) struct CreationTests {
    @Test func `each table is dumped, whatever its name and kind, and counted on the way`()
        async throws
    {
        try await CreationBench.with(RichSchema.sql) { bench in
            let witness = Witness()
            let made = try await bench.creation().run { witness.take($0) }
            let database = try #require(made.manifest.databases.first)
            let rows = Dictionary(
                uniqueKeysWithValues: database.tables.map {
                    ("\($0.schema).\($0.name)", $0.rows.count)
                })
            #expect(rows == RichSchema.rows)
            #expect(witness.tables == RichSchema.rows)
            #expect(
                Set(database.objects.map(\.content)) == [
                    .globals, .preData, .tables, .rest, .postData,
                ])
            #expect(database.objects.filter { $0.content == .tables }.count == 2)
            #expect(database.lsn > LogPosition(0))
            #expect(abs(database.time.seconds - Timestamp.now.seconds) < 60)
            let entry = try #require(try await bench.catalogue().entries.first)
            #expect(entry.level == .stored)
            #expect(entry.manifest == made.manifest && entry.link == made.link)
            #expect(
                witness.bytes
                    == database.objects.filter { $0.content != .globals }
                    .reduce(0) { $0 + $1.plain.size })
            // Nothing is left but the snapshot.
            #expect(
                try await bench.keys().allSatisfy {
                    $0.hasPrefix("snapshots/\(entry.manifest.id)/")
                })
            #expect(try await bench.repository.debris().isEmpty)
        }
    }

    @Test func `an empty database has a snapshot, and the next one names it`() async throws {
        try await CreationBench.with { bench in
            let first = try await bench.creation().run { _ in }
            #expect(first.manifest.previous == nil)
            #expect(first.manifest.databases.first?.tables.isEmpty == true)
            let second = try await bench.creation().run { _ in }
            #expect(second.manifest.previous == first.link)
            let catalogue = try await bench.catalogue()
            #expect(catalogue.problems.isEmpty && catalogue.entries.count == 2)
        }
    }

    @Test func `rows that are written meanwhile are not in it`() async throws {
        try await CreationBench.with("CREATE TABLE t AS SELECT generate_series(1, 100) v") {
            bench in
            var creation = try bench.creation()
            creation.programs = try await bench.programs(
                dump: """
                    [[ "$*" = *--data-only* ]] &&
                        psql -q "$TARGET" -c 'INSERT INTO t VALUES (101)' >&2
                    exec "$REAL" "$@"
                    """)
            let made = try await creation.run { _ in }
            #expect(made.manifest.databases.first?.tables.map(\.rows.count) == [100])
            #expect(try await bench.number("SELECT count(*) FROM t") == 101)
        }
    }

    @Test func `a login without rights of a superuser makes one too, without password hashes`()
        async throws
    {
        try await CreationBench.with(
            """
            DO $$ BEGIN
                CREATE ROLE rds_like LOGIN CREATEDB CREATEROLE PASSWORD 'hash-me';
            EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            CREATE TABLE mine (v int); INSERT INTO mine VALUES (1); ALTER TABLE mine OWNER TO rds_like;
            GRANT pg_read_all_data TO rds_like
            """
        ) { bench in
            let made = try await bench.creation(user: "rds_like").run { _ in }
            let globals = try #require(made.manifest.objects.first { $0.content == .globals })
            var text = ""
            for try await piece in try await ObjectPipeline().read(
                globals, from: bench.repository, with: bench.keyring)
            {
                text += String(decoding: piece, as: UTF8.self)
            }
            #expect(text.contains("CREATE ROLE rds_like"))
            #expect(!text.contains("SCRAM-SHA-256") && !text.contains("PASSWORD"))
        }
    }

    @Test func `a superuser's globals have no password hashes either`() async throws {
        try await CreationBench.with(
            """
            DO $$ BEGIN CREATE ROLE hashed LOGIN PASSWORD 'hash-me';
            EXCEPTION WHEN duplicate_object THEN NULL; END $$
            """
        ) { bench in
            let made = try await bench.creation().run { _ in }
            let globals = try #require(made.manifest.objects.first { $0.content == .globals })
            var text = ""
            for try await piece in try await ObjectPipeline().read(
                globals, from: bench.repository, with: bench.keyring)
            {
                text += String(decoding: piece, as: UTF8.self)
            }
            #expect(text.contains("CREATE ROLE hashed") && !text.contains("SCRAM"))
        }
    }

    @Test func `a login that may not read a table fails it by the table's name`() async throws {
        try await CreationBench.with(
            """
            DO $$ BEGIN CREATE ROLE blind LOGIN;
            EXCEPTION WHEN duplicate_object THEN NULL; END $$; CREATE TABLE hidden (v int)
            """
        ) { bench in
            let error = await #expect(throws: (any Error).self) {
                try await bench.creation(user: "blind").run { _ in }
            }
            #expect(words(error).contains("hidden"), "\(words(error))")
            let left = try await bench.keys()
            #expect(left.isEmpty)
        }
    }

    @Test func `rows that a policy hides from the login fail it`() async throws {
        try await CreationBench.with(
            """
            DO $$ BEGIN CREATE ROLE half_blind LOGIN;
            EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            CREATE TABLE partly (v int); INSERT INTO partly VALUES (1);
            ALTER TABLE partly ENABLE ROW LEVEL SECURITY; CREATE POLICY no ON partly USING (false);
            GRANT SELECT ON partly TO half_blind
            """
        ) { bench in
            let error = await #expect(throws: (any Error).self) {
                try await bench.creation(user: "half_blind").run { _ in }
            }
            #expect(words(error).contains("partly"), "\(words(error))")
            let left = try await bench.keys()
            #expect(left.isEmpty)
        }
    }

    @Test func `many tables are dumped in few groups`() async throws {
        let count = Slice.isLong ? 3000 : 300
        try await CreationBench.with(
            """
            DO $$ BEGIN FOR n IN 1..\(count) LOOP
                EXECUTE format('CREATE TABLE many_%s (v int)', n);
                IF n % 3 = 0 THEN EXECUTE format('INSERT INTO many_%s VALUES (%s)', n, n); END IF;
            END LOOP; END $$
            """
        ) { bench in
            let made = try await bench.creation(jobs: 3).run { _ in }
            let database = try #require(made.manifest.databases.first)
            #expect(database.tables.count == count)
            #expect(database.tables.reduce(0) { $0 + $1.rows.count } == count / 3)
            #expect(database.objects.filter { $0.content == .tables }.count == 3)
        }
    }

    @Test func `several databases are one snapshot, of one moment`() async throws {
        try await CreationBench.with("CREATE TABLE t AS SELECT 1 v") { bench in
            var creation = try bench.creation()
            creation.sources.append(
                DatabaseSource(name: "other", settings: bench.settings("postgres")))
            let made = try await creation.run { _ in }
            #expect(made.manifest.databases.map(\.name) == ["main", "other"])
        }
    }

    @Test func `moments that lie too far apart fail it, and it says how far`() async throws {
        try await CreationBench.with("CREATE TABLE t AS SELECT 1 v") { bench in
            var creation = try bench.creation("  skew: 0 s")
            creation.sources.append(
                DatabaseSource(name: "other", settings: bench.settings("postgres")))
            let error = await #expect(throws: (any Error).self) {
                try await creation.run { _ in }
            }
            #expect(words(error).hasPrefix("FF1816"), "\(words(error))")
            #expect(words(error).contains("apart, and 0 ms are allowed"))
            let left = try await bench.keys()
            #expect(left.isEmpty)
        }
    }

    @Test func `files of this machine come along, without what is excluded`() async throws {
        try await CreationBench.with { bench in
            let folder = "\(bench.root)/etc"
            for path in [folder, "\(folder)/deep", "\(folder)/cache"] { mkdir(path, 0o750) }
            for name in ["a.conf", "deep/b.conf", "deep/b.tmp", "cache/c"] {
                try FileCalls.create("\(folder)/\(name)", Array(name.utf8), mode: 0o640)
            }
            let made = try await bench.creation(
                "  sets: { configuration: { paths: [\(folder), \(folder)/a.conf], "
                    + "exclude: ['*.tmp', cache] } }"
            ).run { _ in }
            let set = try #require(made.manifest.sets.first)
            let object = try #require(set.objects.first)
            #expect(object.key.path.hasSuffix("/sets/configuration.tar.zst.age"))
            var archive: [UInt8] = []
            for try await piece in try await ObjectPipeline().read(
                object, from: bench.repository, with: bench.keyring)
            {
                archive += piece
            }
            let listed = try await ChildProcess.collect(
                Command("tar", ["--list", "--file=-"]), input: archive)
            let prefix = folder.dropFirst()
            #expect(
                listed.outputText.split(separator: "\n").map(String.init) == [
                    "\(prefix)/", "\(prefix)/a.conf", "\(prefix)/deep/", "\(prefix)/deep/b.conf",
                ])
        }
    }

    @Test func `a set whose files are not there, or on other hosts, fails it`() async throws {
        try await CreationBench.with { bench in
            for (set, reason) in [
                ("{ paths: [/nonexistent/x] }", "/nonexistent/x"),
                ("{ paths: [/etc], hosts: app }", "hosts:"),
            ] {
                let error = await #expect(throws: (any Error).self) {
                    try await bench.creation("  sets: { s: \(set) }").run { _ in }
                }
                #expect(words(error).contains(reason), "\(words(error))")
                let left = try await bench.keys()
                #expect(left.isEmpty)
            }
        }
    }

    @Test func `programs that are older than the server are refused by name`() async throws {
        let here = try await PostgresPrograms.installed()
        #expect(
            try PostgresPrograms.choose(from: here, for: PostgresVersion(number: 150_004)).major
                == 15)
        let error = #expect(throws: SnapshotError.self) {
            try PostgresPrograms.choose(from: here, for: PostgresVersion(number: 990_000))
        }
        #expect(words(error).contains("PostgreSQL 99.0, and here is pg_dump 15."))
    }
}
