import Backup
import Glibc
import Lab
import LabTraits
import Loop
import Postgres
import Testing
import Vocabulary

/// `finflowctl backup`, as an operator and cron run it.
@Suite(.postgres, .timeLimit(.minutes(20))) struct BackupCommandTests {
    private static let tables = "CREATE TABLE payment AS SELECT generate_series(1, 1000) v"

    @Test func `a snapshot is made, listed, shown and verified`() async throws {
        try await BackupProgram.with(Self.tables) { program in
            try await program.initialize()
            let made = try await program.shell("\"$0\" backup --env staging </dev/null")
            #expect(made.status == 0 && made.error.isEmpty, "\(made.error)")
            // One line, for the mail of cron.
            let lines = made.output.split(separator: "\n")
            #expect(lines.count == 1 && lines[0].contains("1 database"), "\(made.output)")
            let id = String(lines[0].prefix { $0 != " " })
            #expect(try await program.snapshots() == [id])
            let list = try await program.backup("list")
            #expect(list.output.contains("\(id)") && list.output.contains("stored"))
            let show = try await program.backup("show", "--tables")
            #expect(show.output.contains("public.payment  1000 rows"), "\(show.output)")
            for words in [[], ["--read-data"], ["--read-data", "50%"], ["--readable"]] {
                let verified = try await program.backup(["verify"] + words)
                #expect(verified.status == 0 && verified.output.isEmpty, "\(verified.error)")
                #expect(verified.error.contains("all as they should be"), "\(verified.error)")
            }
            #expect(try await program.backup("list").output.contains("readable"))
        }
    }

    @Test func `each record of --json is announced by a format, and ended`() async throws {
        try await BackupProgram.with(Self.tables) { program in
            try await program.initialize()
            let manual = try await program.run("manual").output
            let section = try #require(manual.split(separator: ".Sh JSON RECORDS").last)
            let documented = Set(
                section.split { !$0.isLetter && $0 != "_" && !$0.isNumber }.map(String.init))
            let all = [
                ["create"], ["list"], ["show"], ["verify"], ["verify", "--read-data"],
                ["key", "public"], ["key", "recipients"],
            ]
            for words in all {
                let run = try await program.backup(words + ["--json"])
                #expect(run.status == 0 && run.error.isEmpty, "\(words): \(run.error)")
                let records = run.records
                #expect(records.count == run.output.split(separator: "\n").count)
                #expect(records.first?["format"]?.string?.hasPrefix("finflowctl-backup") == true)
                #expect(records.last?["event"]?.string == "done")
                #expect(records.last?["exit_status"]?.int == 0)
                let names = Set(records.flatMap { $0.members ?? [] }.map(\.name))
                #expect(names.subtracting(documented).isEmpty, "\(names.subtracting(documented))")
            }
            let create = try await program.backup("create", "--json").records
            #expect(
                create.contains {
                    $0["table"]?.string == "public.payment" && $0["rows"]?.int == 1000
                })
            let id = create.compactMap { $0["level"] == nil ? nil : $0["snapshot"]?.string }
            #expect(try await program.snapshots().last == id.first)
        }
    }

    @Test func `what is wrong is found by its name, and the status says so`() async throws {
        try await BackupProgram.with(Self.tables) { program in
            try await program.initialize()
            _ = try await program.backup()
            let objects = try await program.backup("show", "--json").records
                .compactMap { $0["sha256"] == nil ? nil : $0["object"]?.string }
            let object = try #require(objects.first)
            let flip =
                "printf x | dd of='\(program.repository)/\(object)' seek=200 bs=1 conv=notrunc status=none"
            #expect(try await program.shell(flip).status == 0)
            #expect(try await program.backup("verify").status == 0)
            let found = try await program.backup("verify", "--read-data")
            #expect(found.status == 1)
            #expect(found.output.contains(object) && found.error.contains("1 finding"))
            let records = try await program.backup("verify", "--read-data", "--json").records
            #expect(records.contains { $0["object"]?.string == object && $0["finding"] != nil })
            #expect(try await program.backup("list").output.contains("unproven"))
        }
    }

    @Test func `that the newest snapshot was taken away is known to who has seen it`()
        async throws
    {
        try await BackupProgram.with(Self.tables) { program in
            try await program.initialize()
            _ = try await program.backup()
            _ = try await program.backup()
            let newest = try #require(try await program.snapshots().last)
            _ = try await program.shell("rm -r '\(program.repository)/snapshots/\(newest)'")
            let verified = try await program.backup("verify")
            #expect(verified.status == 1)
            #expect(verified.output.contains("\(newest) is gone and was not pruned"))
            let next = try await program.backup()
            #expect(next.status == 0 && next.error.contains("\(newest) is gone"), "\(next.error)")
            #expect(try await program.backup("verify").status == 0)
        }
    }

    @Test func `a password is in no argument, environment, output or object`() async throws {
        try await BackupProgram.with(Self.tables, isLocked: true) { program in
            try await program.initialize()
            let run = try await PostgresConnection.withConnection(program.settings) { holder in
                try await holder.withTransaction { holder in
                    // The dumps wait for it, with all that they were started with.
                    try await holder.runScript("SAVEPOINT s; LOCK TABLE payment")
                    return try await ChildProcess.withRunning(
                        program.command(["backup", "--env", "staging", "--json"])
                    ) { child in
                        try await program.waitForDumps()
                        let seen = try await ChildProcess.collect(
                            Command("sh", ["-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ"]))
                        #expect(seen.outputText.contains("--lock-wait-timeout"))
                        #expect(!seen.outputText.contains("s3cret"))
                        try await holder.runScript("ROLLBACK TO SAVEPOINT s")
                        let result = try await child.collect()
                        #expect(try await program.passwordFiles(of: child.id).isEmpty)
                        return result
                    }
                }
            }
            let outcome = BackupProgram.Outcome(run)
            #expect(outcome.status == 0, "\(outcome.error) \(outcome.output)")
            #expect(!(outcome.output + outcome.error).contains("s3cret"))
            let grep = try await program.shell("grep -rlF s3cret '\(program.repository)'")
            #expect(grep.output.isEmpty)
            let show = try await program.backup("show", "--json")
            #expect(!show.output.contains("s3cret"))
        }
    }

    @Test(
        arguments: Slice.of(
            ["snapshot-started", "planned", "object", "table", "proving", "proved"], 3, seed: 11))
    func `a run that is killed leaves no snapshot and no dump that goes on, and the next is whole`(
        phase: String
    ) async throws {
        try await BackupProgram.with(Self.tables, isLocked: true) { program in
            try await program.initialize()
            let killed = try await ChildProcess.withRunning(
                program.command(["backup", "--env", "staging", "--json"])
            ) { child in
                var output = ""
                while let chunk = try await child.read() {
                    if case .output(let bytes) = chunk {
                        output += String(decoding: bytes, as: UTF8.self)
                    }
                    if output.contains("\"event\":\"\(phase)\"") { break }
                }
                // The program alone: what it has started must not go on.
                kill(child.id, SIGKILL)
                _ = try await child.exit()
                return child.id
            }
            let left = try await program.shell(
                "for n in {1..100}; do pgrep -f '[p]g_dump.*\(program.lab.port)' || exit 0; sleep 0.1; done"
            )
            #expect(left.output.isEmpty, "\(left.output)")
            // It may have been faster.
            let before = try await program.snapshots()
            let next = try await program.backup()
            #expect(next.status == 0, "\(next.error)")
            #expect(try await program.passwordFiles(of: killed).isEmpty)
            #expect(try await program.snapshots().count == before.count + 1)
            #expect(try await program.backup("verify", "--readable").status == 0)
        }
    }

    @Test func `a signal lets it take away what it has written`() async throws {
        try await BackupProgram.with(Self.tables) { program in
            try await program.initialize()
            let result = try await PostgresConnection.withConnection(program.settings) { holder in
                try await holder.withTransaction { holder in
                    try await holder.runScript("LOCK TABLE payment")
                    return try await ChildProcess.withRunning(
                        program.command(["backup", "--env", "staging"])
                    ) { child in
                        try await program.waitForDumps()
                        kill(child.id, SIGTERM)
                        return try await child.collect()
                    }
                }
            }
            #expect(BackupProgram.Outcome(result).status == 130)
            let left = try await program.shell("find '\(program.repository)' -type f")
            #expect(left.output.isEmpty, "\(left.output)")
        }
    }

    @Test(.enabled(if: getuid() == 0, "mounting a small disk needs root"))
    func `a repository without room leaves no manifest, and says so`() async throws {
        try await BackupProgram.with(
            "CREATE TABLE noise AS SELECT md5(random()::text) || md5(random()::text) v FROM generate_series(1, 60000)"
        ) { program in
            try await program.initialize()
            let run = try await program.shell(
                """
                unshare --mount --propagation private bash -c '
                    mkdir -p "$1"; mount -t tmpfs -o size=1m none "$1" || exit 99
                    "$0" backup --env staging; status=$?
                    find "$1" -type f; exit $status
                ' "$0" '\(program.repository)'
                """)
            #expect(run.status == 1, "\(run.error)")
            #expect(run.error.contains("No space left on device") && run.error.contains("FF1801"))
            #expect(run.output.isEmpty, "\(run.output)")
        }
    }

    @Test func `its memory does not grow with the database`() async throws {
        let (small, large) = Slice.isLong ? (100_000, 20_000_000) : (20_000, 600_000)
        var peaks: [Int] = []
        for rows in [small, large] {
            try await BackupProgram.with(
                "CREATE TABLE big AS SELECT n, md5(n::text) || md5((n + 1)::text) v FROM generate_series(1, \(rows)) n"
            ) { program in
                try await program.initialize()
                peaks.append(try await program.peak(of: ["backup", "--env", "staging"]))
            }
        }
        // In KiB.
        #expect(peaks[1] < 64 << 10, "\(peaks)")
        #expect(peaks[1] - peaks[0] < 12 << 10, "\(peaks)")
    }

    @Test func `on a terminal it shows how far it is, and the last line stays`() async throws {
        try await BackupProgram.with(Self.tables) { program in
            try await program.initialize()
            let run = try await program.shell(
                "export TERM=xterm; script -qec \"'$0' backup --env staging\" /dev/null </dev/null")
            #expect(run.status == 0, "\(run.output)")
            #expect(run.output.contains("payments") && run.output.contains("read back"))
            #expect(run.output.contains("\u{1B}["))
        }
    }

    @Test func `the examples of its help work in their order`() async throws {
        try await BackupProgram.with(Self.tables) { program in
            let help = try await program.run("backup", "--help").output
            let examples = help.split(separator: "\n").map { $0.drop { $0 == " " } }
                .filter { $0.hasPrefix("finflowctl backup") }
            #expect(examples.count >= 4)
            for example in examples {
                let words = example.dropFirst("finflowctl ".count)
                let command = words.firstRange(of: "   ").map { words[..<$0.lowerBound] } ?? words
                let run = try await program.shell("\"$0\" \(command)")
                #expect(run.status == 0, "\(example): \(run.error)")
            }
        }
    }

    @Test func `without a signing key or a database's credential it says what to do`() async throws
    {
        try await BackupProgram.with(Self.tables) { program in
            let run = try await program.backup()
            #expect(run.status == 65)
            #expect(run.error.contains("finflowctl backup key init"), "\(run.error)")
            try await program.initialize()
            let again = try await program.backup("key", "init")
            #expect(again.status == 1 && again.error.contains("There is a key already"))
            let other = try await program.backup("list", "--repository", "nowhere")
            #expect(other.status == 64 && other.error.contains("FF0706"))
            let unknown = try await program.backup("show", "2020")
            #expect(unknown.status == 65 && unknown.error.contains("FF1820"))
        }
    }
}

extension BackupProgram {
    fileprivate func backup(_ arguments: [String]) async throws -> Outcome {
        Outcome(
            try await ChildProcess.collect(command(["backup"] + arguments + ["--env", "staging"])))
    }

    /// Directories with a password that a process has made.
    fileprivate func passwordFiles(of process: Int32) async throws -> String {
        try await shell("ls -d /dev/shm/finflow-pgpass.\(process).* 2>/dev/null").output
    }

    /// Until a pg_dump waits for a lock.
    fileprivate func waitForDumps() async throws {
        try await PostgresConnection.withConnection(settings) { connection in
            for _ in 0..<3000 {
                let count: Int = try await connection.query(
                    """
                    SELECT count(*) FROM pg_stat_activity, pg_sleep(0.02)
                    WHERE application_name LIKE 'pg_dump%' AND wait_event_type = 'Lock'
                    """
                ).value()
                if count > 0 { return }
            }
            Issue.record("no pg_dump waits for the lock")
        }
    }

    /// The largest memory of the program itself, in KiB.
    fileprivate func peak(of arguments: [String]) async throws -> Int {
        var command = try command(arguments)
        command.arguments = ["-c", Self.measuring, command.program] + command.arguments
        command.program = "python3"
        let run = Outcome(try await ChildProcess.collect(command))
        #expect(run.status == 0, "\(run.error)")
        return try #require(
            run.error.split(separator: "\n").last.flatMap { Int($0) }, "\(run.error)")
    }

    private static let measuring = """
        import resource, subprocess, sys
        status = subprocess.run(sys.argv[1:]).returncode
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
        sys.exit(status)
        """
}
