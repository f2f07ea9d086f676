import FoundationEssentials
import Glibc
import Hosts
import Lab
import Loop
import Record
import Resources
import Testing
import Vocabulary

@testable import Setup

/// When a lock begins, what keeps it, and that a run which has lost it changes nothing more.
@Suite(.timeLimit(.minutes(10))) struct FencingTests {
    /// What a run does depends on variables; `who` writes `two` in the end.
    private static let role = """
        vars: { who: nobody, late: false, slow: false, quick: false, stubborn: false }
        tasks:
          - id: late
            when: late
            wait_for: { file: ROOT/go-late, timeout: 5m }
          - id: slow
            when: slow
            after: [late]
            command:
              run: "[ {{ stubborn }} = false ] || trap '' TERM; echo $$ >ROOT/started; read x <ROOT/go"
              always: true
          - id: quick
            when: quick
            file:
              path: ROOT/judged
              content: "{{ who }}"
              validate: "sh -c 'echo $$ >ROOT/started; read x <ROOT/go; exit $x' %s"
          - id: two
            after: [slow]
            file: { path: ROOT/two, content: "{{ who }}" }
        """

    private func withRole(_ body: (Program, String) async throws -> Void) async throws {
        try await Program.withLocalRole(Self.role) { program, root in
            mkfifo("\(root)/started", 0o600)
            mkfifo("\(root)/go", 0o600)
            try await body(program, root)
        }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: URL(filePath: path), encoding: .utf8)
    }

    /// Waits until a script stands at the gate; its process.
    private func atGate(_ root: String) async throws -> Int32 {
        let line = try await ChildProcess.collect(Command("cat", ["\(root)/started"]))
        return try #require(Int32(line.outputText.split(separator: "\n").first ?? ""))
    }

    private func open(_ root: String, _ word: String = "") async throws {
        _ = try await ChildProcess.collect(Command("sh", ["-c", "echo \(word) >\(root)/go"]))
    }

    private func uptime() throws -> Int {
        try #require(Int(text("/proc/uptime").split(separator: ".").first ?? ""))
    }

    /// Until this machine has been up for so many more seconds.
    private func pass(_ seconds: Int) async throws {
        let end = try uptime() + seconds
        _ = try await ChildProcess.collect(
            Command(
                "sh",
                [
                    "-c",
                    "until read -r up rest </proc/uptime && [ \"${up%.*}\" -ge \(end) ]; do sleep 0.1; done",
                ]))
    }

    private func isGone(_ process: Int32) -> Bool {
        guard kill(process, 0) == 0 else { return true }
        return (try? text("/proc/\(process)/stat"))?.contains(") Z ") ?? true
    }

    private func set(_ words: String...) -> [String] {
        ["setup"] + words.flatMap { ["--set", $0] }
    }

    @Test func `a lock counts from when it was taken, not from when the host was observed`()
        async throws
    {
        try await withRole { program, root in
            let run = set("who=a", "late=true", "slow=true") + ["--lock-expiry", "60"]
            let first = try await program.run(run) { _ in
                // It has observed the host when it waits.
                try await program.untilItWaits()
                try await pass(3)
                let before = try uptime()
                try write(["go-late": ""], below: root)
                _ = try await atGate(root)
                let lock = try JSON(parsing: text("\(root)/state/lock"))
                #expect(try #require(lock["uptime"]?.int) >= before)
                try await open(root)
            }
            #expect(first.status == 0, "\(first.output)\(first.error)")
        }
    }

    @Test(arguments: ["slow", "quick"])
    func `a first change that takes long keeps the lock from its beginning`(task: String)
        async throws
    {
        try await withRole { program, root in
            let run = set("who=a", "\(task)=true") + ["--lock-expiry", "3"]
            let first = try await program.run(run) { _ in
                _ = try await atGate(root)
                // Longer than the lock is good for without a heartbeat.
                let second = try await program.run(set("who=b") + ["--lock-wait", "7"])
                #expect(second.status == 5, "\(second.error)")
                try await open(root, "0")
            }
            #expect(first.status == 0, "\(first.output)\(first.error)")
            #expect(try text("\(root)/two") == "a")
        }
    }

    /// The first change is under way, and its result unknown, when the lock is taken over: it
    /// fails by itself, or is ended with all else.
    @Test(arguments: [true, false])
    func `a run that lost its lock before it knew that it had it changes nothing more`(
        endsItself: Bool
    ) async throws {
        try await withRole { program, root in
            let run = set("who=a", "late=true", "quick=true") + ["--lock-expiry", "2"]
            let first = try await program.run(run) { child in
                let script = try await atGate(root)
                await child.signal(SIGSTOP)
                if endsItself { try await open(root, "1") }
                let second = try await program.run(set("who=b") + ["--lock-wait", "60"])
                #expect(second.status == 0, "\(second.output)\(second.error)")
                #expect(try text("\(root)/two") == "b")
                #expect(isGone(script))
                try write(["go-late": ""], below: root)
                await child.signal(SIGCONT)
            }
            #expect(first.status != 0)
            #expect(first.error.contains("FF0805"), "\(first.output)\(first.error)")
            #expect(try text("\(root)/two") == "b")
            #expect(try JSON(parsing: text("\(root)/state/lock"))["released"] != nil)
        }
    }

    @Test func `what ignores that it is to end is ended before another run begins`() async throws {
        try await withRole { program, root in
            let run = set("who=a", "slow=true", "stubborn=true") + ["--lock-expiry", "2"]
            let first = try await program.run(run) { child in
                let script = try await atGate(root)
                await child.signal(SIGSTOP)
                let second = try await program.run(set("who=b") + ["--lock-wait", "60"])
                #expect(second.status == 0, "\(second.output)\(second.error)")
                #expect(isGone(script))
                await child.signal(SIGCONT)
            }
            #expect(first.status != 0)
            #expect(try text("\(root)/two") == "b")
        }
    }

    // MARK: - Without the command line

    private static func worker(
        _ root: String, as name: HostName, of run: RunIdentity
    ) -> HostWorker {
        HostWorker(
            host: Host(name: name, connection: ConnectionSettings(become: false)),
            directory: "\(root)/state", identity: run, locks: LockOptions(),
            credentials: CredentialsOnHost(opened: nil, wanted: []), recorder: nil
        ) { _ in ShellSession(over: LocalTransport(), becomes: false) }
    }

    /// Observes the host, as the first task of a run does.
    private func opened(
        _ root: String, as name: HostName = "localhost",
        of run: RunIdentity = .new(command: "test")
    ) async throws -> HostWorker {
        let worker = Self.worker(root, as: name, of: run)
        try await worker.open()
        try await worker.refresh()
        return worker
    }

    private func code(_ body: () async throws -> Void) async -> Diagnostic.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? Diagnostics)?.all.first?.code
        }
    }

    @Test(arguments: [10, 300_000])
    func `an upload that comes after the lock was lost says so and leaves what is there`(
        count: Int
    ) async throws {
        try await withDirectory { root in
            let first = try await opened(root)
            try await first.runOwn("")
            let breaking = await first.breaking("the test")
            let other = try await opened(root)
            _ = try await other.run(breaking, ScriptOptions())
            try write(["file": "of the other run"], below: root)
            let bytes = [UInt8](repeating: 1, count: count)
            let action = Action(uploads: [(.bytes(bytes), "\(root)/file")], script: ":")
            #expect(await code { try await first.upload(action) } == .lockLost)
            #expect(try text("\(root)/file") == "of the other run")
            await first.close()
            await other.close()
        }
    }

    /// Leaves the lock of a run that is gone.
    private func abandon(_ root: String) throws {
        let gone = RunIdentity(
            run: RunID(), command: "setup",
            origin: RunOrigin(
                who: Operator(user: "alice", machine: "laptop"),
                process: ProcessMark(number: 1, birth: "elsewhere:1:1")),
            since: .now)
        let lock = HostLock(holder: gone, boot: "another", uptime: 1, expiry: 60)
        try write(["state/lock": lock.line + "\n"], below: root)
    }

    /// While a script of `owner` stands at the gate.
    private func atWork(
        _ owner: HostWorker, _ root: String, _ body: () async throws -> Void
    ) async throws {
        mkfifo("\(root)/started", 0o600)
        mkfifo("\(root)/go", 0o600)
        async let working = owner.runFenced(
            "echo $$ >\(root)/started; read x <\(root)/go", ScriptOptions(lane: .slow))
        _ = try await atGate(root)
        try await body()
        try await open(root)
        #expect(try await working.status == 0)
        await owner.close()
    }

    /// What it saw at first is of a time before the other one.
    @Test func `who comes late to a lock that was abandoned ends nothing of whoever took it`()
        async throws
    {
        try await withDirectory { root in
            try abandon(root)
            let late = try await opened(root)
            let owner = try await opened(root)
            try await atWork(owner, root) {
                #expect(await code { try await late.runOwn("") } == .hostLocked)
            }
            await late.close()
        }
    }

    /// It looks before the first name has the lock and waits while that one takes it: the first
    /// name's scripts are not to be ended, and the second one need not wait for them.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func `a second name of a run joins the first one that took the lock meanwhile`(
        isAbandoned: Bool
    ) async throws {
        try await withDirectory { root in
            if isAbandoned { try abandon(root) } else { try write(["state/x": ""], below: root) }
            let run = RunIdentity.new(command: "test")
            let first = try await opened(root, as: "one", of: run)
            let second = try await opened(root, as: "two", of: run)
            for name in ["held", "holds"] { mkfifo("\(root)/\(name)", 0o600) }
            // Somebody's script that nobody knows of keeps all from the lock for a while.
            let hold = """
                exec 9>>\(root)/state/busy; flock -s 9; echo >\(root)/holds; read x <\(root)/held
                """
            async let holding = ChildProcess.collect(Command("sh", ["-c", hold]))
            _ = try await ChildProcess.collect(Command("cat", ["\(root)/holds"]))
            async let one: Void = first.runOwn("")
            async let two: Void = second.runOwn("")
            // Until somebody waits; then the way is free for either.
            let wait = """
                until [ "$(ls -l /proc/[0-9]*/fd/8 2>/dev/null | grep -c '\(root)/state/busy')" -ge 2 ]
                do sleep 0.05; done
                echo >\(root)/held
                """
            _ = try await ChildProcess.collect(Command("sh", ["-c", wait]))
            try await one
            try await two
            _ = try await holding
            try await atWork(first, root) {
                try await second.runOwn("echo two >\(root)/two")
                #expect(try text("\(root)/two") == "two\n")
            }
            await second.close()
            #expect(try JSON(parsing: text("\(root)/state/lock"))["released"] != nil)
        }
    }

    /// The shell sees other bytes than we do where there is no text.
    @Test(arguments: ["\u{1}", "{\"version\":1,\u{1}", "caf\u{E9}\u{0}"])
    func `a lock of bytes that are no text is not taken for one that somebody has since`(
        damaged: String
    ) async throws {
        try await withDirectory { root in
            try write(["state/lock": damaged + "\n"], below: root)
            let late = try await opened(root)
            let owner = try await opened(root)
            try await atWork(owner, root) {
                #expect(await code { try await late.runOwn("") } == .hostLocked)
            }
            await late.close()
        }
    }

    @Test func `whoever was given up and lives after all keeps its lock`() async throws {
        try await withDirectory { root in
            let owner = try await opened(root)
            try await owner.runOwn("")
            let late = try await opened(root)
            // As it looks to one who comes long after the last sign of life.
            let later = "sed -i 's/\"boot\":\"[^\"]*\",\"uptime\":[0-9]*/"
            let boot = try text("/proc/sys/kernel/random/boot_id").filter { $0 != "\n" }
            let old = "\"boot\":\"\(boot)\",\"uptime\":-9999/' \(root)/state/lock"
            _ = try await late.run(ShellScript(raw: later + old), ScriptOptions())
            try await late.refresh()
            _ = try await owner.run(owner.scripts.beat, ScriptOptions())
            #expect(await code { try await late.runOwn("") } == .hostLocked)
            try await owner.runOwn("")
            await owner.close()
            await late.close()
        }
    }
}

extension HostWorker {
    /// The script by which somebody else takes away the lock that this run has.
    fileprivate func breaking(_ reason: String) async -> ShellScript {
        try? await refresh()
        guard case .held(_, let line) = memory.lock else { return "exit 1" }
        return LockScripts(directory: directory, run: RunID(), name: host.name)
            .breaking(line, because: reason, at: .now)
    }
}
