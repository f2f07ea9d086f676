import FoundationEssentials
import Glibc
import Loop
import Testing
import Vocabulary

@testable import Setup

/// One run at a time changes a host, whatever happens to it.
@Suite struct LockTests {
    /// Writes `one`, waits at a gate if it is asked to, writes `two`.
    private static let role = """
        vars: { who: nobody, gate: false }
        tasks:
          - id: one
            file: { path: ROOT/one, content: "{{ who }}" }
          - id: gate
            when: gate
            after: [one]
            command: { run: "echo $$ >ROOT/started; read x <ROOT/go", always: true }
          - id: two
            after: [gate]
            file: { path: ROOT/two, content: "{{ who }}" }
        """

    private func text(_ path: String) throws -> String {
        try String(contentsOf: URL(filePath: path), encoding: .utf8)
    }

    /// Waits until a run stands at the gate; the process of its script.
    private func atGate(_ root: String) async throws -> Int32 {
        let line = try await ChildProcess.collect(Command("cat", ["\(root)/started"]))
        return try #require(Int32(line.outputText.split(separator: "\n").first ?? ""))
    }

    private func open(_ root: String) async throws {
        _ = try await ChildProcess.collect(Command("sh", ["-c", "echo >\(root)/go"]))
    }

    private func withGate(
        _ body: (Program, String) async throws -> Void
    ) async throws {
        try await Program.withLocalRole(Self.role) { program, root in
            mkfifo("\(root)/started", 0o600)
            mkfifo("\(root)/go", 0o600)
            try await body(program, root)
        }
    }

    private func lock(_ root: String) throws -> JSON {
        try JSON(parsing: text("\(root)/state/lock"))
    }

    @Test func `the second run says who changes the host, from where and since when`()
        async throws
    {
        try await withGate { program, root in
            let first = try await program.run(["setup", "--set", "who=a", "--set", "gate=true"]) {
                _ in
                _ = try await atGate(root)
                let held = try lock(root)
                let second = try await program.run("setup", "--set", "who=b")
                #expect(second.status == 5, "\(second.error)")
                let user = try #require(held["user"]?.string)
                let machine = try #require(held["from"]?.string)
                let since = try #require(held["since"]?.string)
                #expect(second.error.contains("FF0804"))
                #expect(second.error.contains("by \(user) from \(machine) (pid "))
                #expect(second.error.contains("since \(since)"))
                #expect(try text("\(root)/one") == "a")
                // Looking is always allowed.
                let plan = try await program.run("plan", "--set", "who=b", "--json")
                #expect(plan.status == 2)
                try await open(root)
            }
            #expect(first.status == 0, "\(first.error)")
            #expect(try lock(root)["released"] != nil)
            #expect(try await program.run("setup", "--set", "who=b").status == 0)
            #expect(try text("\(root)/two") == "b")
        }
    }

    @Test func `a run may wait for another one, and then sees what that one did`() async throws {
        try await withGate { program, root in
            let first = try await program.run(["setup", "--set", "who=a", "--set", "gate=true"]) {
                child in
                _ = try await atGate(root)
                async let second = program.run(
                    "setup", "--set", "who=a", "--lock-wait", "60", "--json")
                try await open(root)
                _ = try await child.collect()
                let waited = try await second
                #expect(waited.status == 0, "\(waited.error)")
                #expect(waited.changed == [])
            }
            _ = first
        }
    }

    /// The scripts of a run that has slept too long do not get past their fence.
    @Test func `a run that was suspended beyond its expiry changes nothing more`() async throws {
        try await withGate { program, root in
            let first = try await program.run([
                "setup", "--set", "who=a", "--set", "gate=true", "--lock-expiry", "2",
            ]) { child in
                _ = try await atGate(root)
                await child.signal(SIGSTOP)
                try await open(root)
                let second = try await program.run(
                    "setup", "--set", "who=b", "--lock-wait", "60")
                #expect(second.status == 0, "\(second.error)")
                await child.signal(SIGCONT)
            }
            #expect(first.status == 5, "\(first.error)")
            #expect(first.error.contains("FF0805"))
            #expect(try text("\(root)/one") == "b")
            #expect(try text("\(root)/two") == "b")
            #expect(try lock(root)["released"] != nil)
        }
    }

    @Test func `what a suspended run has left running is ended before another one begins`()
        async throws
    {
        try await withGate { program, root in
            let first = try await program.run([
                "setup", "--set", "who=a", "--set", "gate=true", "--lock-expiry", "2",
            ]) { child in
                let script = try await atGate(root)
                await child.signal(SIGSTOP)
                let second = try await program.run(
                    "setup", "--set", "who=b", "--lock-wait", "60")
                #expect(second.status == 0, "\(second.error)")
                #expect(kill(script, 0) != 0 || isZombie(script))
                await child.signal(SIGCONT)
            }
            #expect(first.status != 0)
            #expect(try text("\(root)/two") == "b")
        }
    }

    private func isZombie(_ process: Int32) -> Bool {
        (try? text("/proc/\(process)/stat"))?.contains(") Z ") ?? true
    }

    @Test func `a long task keeps the lock by its heartbeat`() async throws {
        try await withGate { program, root in
            let first = try await program.run([
                "setup", "--set", "who=a", "--set", "gate=true", "--lock-expiry", "3",
            ]) { _ in
                _ = try await atGate(root)
                // Longer than the lock is good for without one.
                let second = try await program.run(
                    "setup", "--set", "who=b", "--lock-wait", "7")
                #expect(second.status == 5, "\(second.error)")
                try await open(root)
            }
            #expect(first.status == 0, "\(first.error)")
        }
    }

    @Test func `a run that was killed is taken over at once on its own machine`() async throws {
        try await withGate { program, root in
            _ = try await program.run(["setup", "--set", "who=a", "--set", "gate=true"]) { child in
                _ = try await atGate(root)
                await child.signal(SIGKILL)
            }
            let second = try await program.run("setup", "--set", "who=b")
            #expect(second.status == 0, "\(second.error)")
            #expect(try text("\(root)/two") == "b")
        }
    }

    /// A lock as a run on another machine has it, taken so many seconds ago.
    private func foreignLock(_ root: String, ago: Int, boot: String? = nil) throws {
        let uptime = try text("/proc/uptime").split(separator: ".").first.flatMap { Int($0) }
        let kernel = try text("/proc/sys/kernel/random/boot_id").filter { $0 != "\n" }
        let lock = HostLock(
            holder: RunIdentity(
                run: RunID(), command: "setup", user: "alice", machine: "laptop",
                process: ProcessMark(number: 4711, start: "1", boot: "elsewhere", namespace: "x"),
                since: .now),
            boot: boot ?? kernel, uptime: try #require(uptime) - ago, expiry: 60)
        try write(["lock": lock.line + "\n"], below: "\(root)/state")
    }

    @Test func `a lock from elsewhere holds until it expires, by the host's own clock`()
        async throws
    {
        try await withGate { program, root in
            try foreignLock(root, ago: 20)
            let early = try await program.run("setup", "--set", "who=b")
            #expect(early.status == 5)
            #expect(early.error.contains("by alice from laptop (pid 4711)"))
            try foreignLock(root, ago: 61)
            #expect(try await program.run("setup", "--set", "who=b").status == 0)
            try foreignLock(root, ago: 5, boot: "another boot")
            #expect(try await program.run("setup", "--set", "who=c").status == 0)
            #expect(try text("\(root)/two") == "c")
        }
    }

    @Test(arguments: [
        "", "garbage", "{\"version\":1,\"run\":", "{\"version\":1,\"run\":\"x\",\"pid\":1}",
        "\u{0}\u{1}\n\n",
    ])
    func `a damaged lock is set aside and reported`(content: String) async throws {
        try await withGate { program, root in
            try write(["lock": content], below: "\(root)/state")
            let run = try await program.run("setup", "--set", "who=b", "--json")
            #expect(run.status == 0, "\(run.error)\(run.output)")
            #expect(try lock(root)["released"] != nil)
            if !content.isEmpty, content.first != "\u{0}" {
                #expect(run.changed.contains("localhost/observe"))
                #expect(try text("\(root)/state/lock.damaged") == content)
            }
            #expect(try await program.run("setup", "--set", "who=b", "--json").changed == [])
        }
    }

    @Test func `a lock of a later format is respected, and unlock takes it`() async throws {
        try await withGate { program, root in
            let line = #"{"version":2,"command":"setup","user":"bob","from":"desk","new":[1]}"#
            try write(["lock": line + "\n"], below: "\(root)/state")
            let run = try await program.run("setup", "--set", "who=b")
            #expect(run.status == 5, "\(run.error)")
            #expect(run.error.contains("a later finflowctl holds its lock: setup, bob, desk"))
            #expect(try text("\(root)/state/lock") == line + "\n")
            let unlock = try await program.run("unlock", "localhost", "--reason", "it is gone")
            #expect(unlock.status == 0, "\(unlock.error)")
            #expect(unlock.output.contains("taken from a run of a later finflowctl"))
            #expect(try await program.run("setup", "--set", "who=b").status == 0)
        }
    }

    @Test func `a damaged key is set aside, reported, and drift does not say that there is none`()
        async throws
    {
        try await withGate { program, root in
            #expect(try await program.run("setup", "--set", "who=a").status == 0)
            try write(["key": "garbage\n", "../one": "changed"], below: "\(root)/state")
            let drift = try await program.run("drift", "--set", "who=a")
            #expect(drift.status == 2, "\(drift.output)\(drift.error)")
            #expect(drift.output.contains("set aside as key.damaged"), "\(drift.output)")
            let run = try await program.run("setup", "--set", "who=a", "--json")
            #expect(run.changed == ["localhost/observe", "localhost/test/one"])
            #expect(try text("\(root)/state/key.damaged") == "garbage\n")
            #expect(try await program.run("drift", "--set", "who=a").status == 0)
        }
    }

    @Test func `a process has ended if its number is nobody's or another's now`() {
        var mark = ProcessMark.current
        #expect(mark.hasEnded == false)
        mark.start = "0"
        #expect(mark.hasEnded == true)
        // Above the greatest number that a kernel gives.
        mark.number = 4_194_305
        #expect(mark.hasEnded == true)
        mark.boot = "another"
        #expect(mark.hasEnded == nil)
    }

    @Test func `a host remembers what was done, readable with jq, and nothing when nothing was`()
        async throws
    {
        try await withGate { program, root in
            #expect(try await program.run("setup", "--set", "who=a").status == 0)
            let runs = try await program.shell("cat \(root)/state/runs/*.ndjson")
            let lines = try runs.lines.map { try JSON(parsing: String($0)) }
            #expect(lines[0]["command"]?.string == "setup")
            let changes = lines.filter { $0["change"] != nil }
            #expect(
                Set(changes.compactMap { $0["task"]?.string }) == [
                    "localhost/test/one", "localhost/test/two",
                ])
            #expect(lines.filter { $0["ok"]?.bool == true }.count == 2)
            #expect(lines.last?["ended"] != nil)
            let applied = try await program.shell("cat \(root)/state/applied.ndjson")
            #expect(applied.lines.count == 2)
            let modes = try await program.shell("find \(root)/state -printf '%m %y\\n' | sort -u")
            #expect(modes.output == "600 f\n700 d\n")

            let picture = "cd \(root)/state && find . -printf '%p %T@ %i\\n' | sort"
            let before = try await program.shell(picture)
            let second = try await program.run("setup", "--set", "who=a", "--json")
            #expect(second.changed == [])
            #expect(try await program.shell(picture).output == before.output)
        }
    }

    @Test func `what is found right without being changed is remembered once`() async throws {
        try await withGate { program, root in
            try write(["one": "a", "two": "a"], below: root)
            let first = try await program.run("setup", "--set", "who=a", "--json")
            #expect(first.changed == [])
            let applied = try await program.shell("cat \(root)/state/applied.ndjson")
            #expect(applied.lines.count == 2)
            let second = try await program.run(
                "setup", "--set", "who=a", "--json")
            #expect(second.changed == [])
            #expect(
                try await program.shell("cat \(root)/state/applied.ndjson").output == applied.output
            )
        }
    }
}
