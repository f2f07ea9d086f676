import Backup
import Glibc
import Lab
import LabTraits
import Loop
import Postgres
import RepositoryConformance
import Testing
import Vocabulary

/// What happens to a database, to a program or to the repository while a snapshot is made: then
/// there is none, the operator is told exactly why, and the next run goes well.
@Suite(.postgres, .timeLimit(.minutes(20))) struct HazardTests {
    private static let tables = """
        CREATE SCHEMA "a b"; CREATE TABLE "a b"."victim ""1"" x" AS SELECT generate_series(1, 500) v;
        CREATE TABLE other AS SELECT generate_series(1, 500) v
        """

    /// Before any dump of tables begins.
    private static func before(_ sql: String) -> String {
        """
        case "$*" in *--data-only*)
            psql -qv ON_ERROR_STOP=1 "$TARGET" -c '\(sql)' >&2 || exit 7 ;;
        esac
        exec "$REAL" "$@"
        """
    }

    /// - Parameter jobs: 1, so that one dump waits for what is planted.
    private func failure(
        of script: String, in bench: CreationBench, jobs: Int = 1
    ) async throws -> String {
        var creation = try bench.creation(jobs: jobs)
        creation.programs = try await bench.programs(dump: script)
        let failing = creation
        let error = await #expect(throws: (any Error).self) { try await failing.run { _ in } }
        #expect(try await bench.keys().isEmpty, "nothing may be left")
        #expect(try await bench.catalogue().entries.isEmpty)
        // The next one is made, from what is there now.
        let next = try await bench.creation().run { _ in }
        #expect(try await bench.catalogue().entries.map(\.manifest.id) == [next.manifest.id])
        return words(error)
    }

    @Test(arguments: [
        ("TRUNCATE \"a b\".\"victim \"\"1\"\" x\"", "was truncated or rewritten"),
        (
            "ALTER TABLE \"a b\".\"victim \"\"1\"\" x\" ALTER v TYPE numeric",
            "was truncated or rewritten"
        ),
        ("DROP TABLE \"a b\".\"victim \"\"1\"\" x\"", "was dropped"),
        (
            "ALTER TABLE \"a b\".\"victim \"\"1\"\" x\" RENAME TO moved",
            "was renamed to a b.moved"
        ),
        (
            "ALTER TABLE \"a b\".\"victim \"\"1\"\" x\" RENAME TO moved; "
                + "CREATE TABLE \"a b\".\"victim \"\"1\"\" x\" (v int)", "was renamed to a b.moved"
        ),
    ])
    func `a table that is changed before its dump has locked it fails it by name`(
        sql: String, event: String
    ) async throws {
        try await CreationBench.with(Self.tables) { bench in
            let text = try await failure(of: Self.before(sql), in: bench)
            #expect(text.hasPrefix("FF1817 | database main"), "\(text)")
            #expect(text.contains("a b.victim \"1\" x \(event)"), "\(text)")
            #expect(!text.contains("public.other"))
        }
    }

    @Test func `a TRUNCATE that waits for the dump does no harm`() async throws {
        // More than pipes hold, so that the dump has not ended when somebody looks.
        let large = "INSERT INTO other SELECT generate_series(1, 99500)"
        try await CreationBench.with("\(Self.tables); \(large)") { bench in
            var creation = try bench.creation(jobs: 1)
            // It is asked for once the dump has its locks, and comes when it has ended.
            creation.programs = try await bench.programs(
                dump: """
                    case "$*" in *--data-only*) ;; *) exec "$REAL" "$@" ;; esac
                    coproc "$REAL" "$@"
                    head -c 64 <&${COPROC[0]}
                    psql -q "$TARGET" -c 'TRUNCATE other' >&2 &
                    cat <&${COPROC[0]}; wait $COPROC_PID; status=$?
                    wait; exit $status
                    """)
            let made = try await creation.run { _ in }
            #expect(made.manifest.databases.first?.tables.map(\.rows.count) == [500, 100_000])
            #expect(try await bench.number("SELECT count(*) FROM other") == 0)
        }
    }

    @Test func `a dump without the rows that the database has fails it by the table's name`()
        async throws
    {
        try await CreationBench.with(Self.tables) { bench in
            try await bench.run("CREATE TABLE none (v int)")
            // pg_dump of a copy without rows, which is as whole as any.
            let text = try await failure(
                of: """
                    case "$*" in *--data-only*) ;; *) exec "$REAL" "$@" ;; esac
                    words=(); for word; do
                        case $word in --snapshot=*) ;; *) words+=("$word") ;; esac
                    done
                    copy="hollow_$$"; createdb -h 127.0.0.1 -p $PORT -U postgres $copy
                    "$REAL" --schema-only "$TARGET" \
                        | psql -qh 127.0.0.1 -p $PORT -U postgres $copy >&2
                    "$REAL" "${words[@]}" --dbname="host=127.0.0.1 port=$PORT user=postgres dbname=$copy"
                    status=$?; dropdb -h 127.0.0.1 -p $PORT -U postgres $copy; exit $status
                    """, in: bench)
            #expect(text.hasPrefix("FF1818"), "\(text)")
            #expect(
                text.contains("a b.victim \"1\" x has no rows in it, and has some in the database"),
                "\(text)")
            #expect(text.contains("public.other has no rows") && !text.contains("public.none"))
        }
    }

    @Test func `a table that is not in its dump fails it by name`() async throws {
        try await CreationBench.with(Self.tables) { bench in
            let text = try await failure(
                of: """
                    words=(); for word; do
                        case $word in --table=*victim*) ;; *) words+=("$word") ;; esac
                    done
                    exec "$REAL" "${words[@]}"
                    """, in: bench)
            #expect(text.contains("a b.victim \"1\" x is not in it"), "\(text)")
        }
    }

    @Test(arguments: [
        // With an error, after all of its output.
        ("\"$REAL\" \"$@\"; echo 'no more of this' >&2; exit 3", "no more of this"),
        // Killed in the middle.
        ("\"$REAL\" \"$@\" | head -c 700; kill -9 $$", "pg_dump ended with"),
        // Cut off, with success.
        ("\"$REAL\" \"$@\" | head -c 700; exit 0", "FF1807"),
        // Nothing at all, with success.
        ("exit 0", "FF1807"),
    ])
    func `a dump that does not come to its end fails it with its last words`(
        script: String, expected: String
    ) async throws {
        try await CreationBench.with(Self.tables) { bench in
            let text = try await failure(of: script, in: bench, jobs: 2)
            #expect(text.contains("database main"), "\(text)")
            #expect(text.contains(expected), "\(text)")
        }
    }

    @Test func `a table that stays locked is given up`() async throws {
        try await CreationBench.with(Self.tables) { bench in
            try await PostgresConnection.withConnection(bench.settings()) { holder in
                try await holder.withTransaction { holder in
                    try await holder.runScript("LOCK TABLE other")
                    var creation = try bench.creation()
                    creation.lockWait = .milliseconds(300)
                    let waiting = creation
                    let error = await #expect(throws: (any Error).self) {
                        try await waiting.run { _ in }
                    }
                    #expect(words(error).contains("database main"), "\(words(error))")
                    #expect(words(error).contains("statement timeout"), "\(words(error))")
                    #expect(words(error).contains("other"), "\(words(error))")
                }
            }
            #expect(try await bench.keys().isEmpty)
        }
    }

    @Test func `a server that crashes fails it, and the next run goes well`() async throws {
        let lab = try await PostgresLab.start()
        do {
            try await CreationBench.with(Self.tables, on: lab) { bench in
                var creation = try bench.creation()
                creation.programs = try await bench.programs(
                    dump:
                        "case \"$*\" in *--data-only*) kill -9 \(try lab.postmaster); sleep 1 ;; esac\n"
                        + "exec \"$REAL\" \"$@\"")
                let crashing = creation
                let error = await #expect(throws: (any Error).self) {
                    try await crashing.run { _ in }
                }
                #expect(words(error).contains("database main"), "\(words(error))")
                #expect(try await bench.keys().isEmpty)
                throw Expected()
            }
        } catch {
            // The database cannot be dropped any more.
        }
        await lab.stop()
    }

    private struct Expected: Error {}

    @Test(arguments: [FaultyRepository.Call.put, .create, .read, .list, .folders])
    func `a repository that fails leaves no manifest, whichever call it is`(
        call: FaultyRepository.Call
    ) async throws {
        try await CreationBench.with(Self.tables) { bench in
            let full = RepositoryError.unavailable(
                .init(place: "/x", action: "write it", cause: .full, reason: "No space left"))
            for number in Slice.of(0...6, 3, seed: 7) {
                let faulty = FaultyRepository(bench.repository)
                faulty.plan(.refused(full), at: call, after: number)
                do {
                    _ = try await bench.creation(in: faulty).run { _ in }
                } catch {
                    #expect(words(error).contains("No space left"), "\(words(error))")
                    let manifests = try await bench.keys().filter { $0.hasSuffix("manifest.json") }
                    // What was written after the manifest is not what makes a snapshot.
                    let count = try await bench.catalogue().entries.count
                    #expect(manifests.count == count)
                }
            }
            #expect(try await bench.catalogue().problems.isEmpty)
            _ = try await bench.creation().run { _ in }
        }
    }

    @Test(arguments: [0, 2, 5])
    func `an object that does not lie there as it was written is no part of a snapshot`(
        number: Int
    ) async throws {
        try await CreationBench.with(Self.tables) { bench in
            let faulty = FaultyRepository(bench.repository)
            faulty.plan(.flipped(at: 300), at: .put, after: number)
            let error = await #expect(throws: (any Error).self) {
                try await bench.creation(in: faulty).run { _ in }
            }
            #expect(words(error).hasPrefix("FF1805"), "\(words(error))")
            let left = try await bench.keys()
            #expect(left.isEmpty)
        }
    }

    @Test func `a run that is cancelled leaves nothing`() async throws {
        try await CreationBench.with(Self.tables) { bench in
            let creation = try bench.creation()
            let (dumping, signal) = AsyncStream<Void>.makeStream()
            let run = Task {
                try await creation.run { event in
                    if case .database(_, .dumping) = event { signal.yield() }
                }
            }
            for await _ in dumping { break }
            run.cancel()
            let result = await run.result
            #expect(throws: (any Error).self) { try result.get() }
            #expect(try await bench.keys().isEmpty)
        }
    }
}
