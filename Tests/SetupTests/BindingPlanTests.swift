import FoundationEssentials
import Glibc
import Lab
import LabTraits
import Loop
import TaskGraph
import Testing
import Vocabulary

@testable import Setup

/// A plan that was kept is applied exactly, or refused with what has moved on.
@Suite struct BindingPlanTests {
    private static let role = """
        vars: { text: one, gate: false }
        tasks:
          - id: planned
            file: { path: ROOT/planned, content: "{{ text }}\\n", mode: "0604" }
            notify: [told]
          - id: right
            file: { path: ROOT/right, content: "same\\n" }
          - id: gate
            when: gate
            after: [planned]
            command: { run: "echo $$ >ROOT/started; read x <ROOT/go", unless: "test -e ROOT/open" }
          - id: last
            after: [gate]
            file: { path: ROOT/last, content: "{{ text }}\\n" }
        handlers:
          - id: told
            command: { run: "echo told >>ROOT/log", always: true }
        """

    private func put(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: URL(filePath: path), encoding: .utf8)
    }

    /// With the first state applied, and a plan for the second one in `change.plan`.
    private func withPlan(
        _ body: (Program, _ root: String, _ apply: [String]) async throws -> Void
    ) async throws {
        try await Program.withLocalRole(Self.role) { program, root in
            #expect(try await program.run("setup").status == 0)
            let plan = try await program.run(
                "plan", "--set", "text=two", "--out", "\(root)/change.plan")
            #expect(plan.status == 2, "\(plan.error)")
            #expect(plan.error.contains("setup --plan"))
            try await body(
                program, root, ["setup", "--plan", "\(root)/change.plan", "--set", "text=two"])
        }
    }

    @Test func `it is applied as it is, once, and then there is nothing to change`() async throws {
        try await withPlan { program, root, apply in
            var information = stat()
            #expect(stat("\(root)/change.plan", &information) == 0)
            #expect(information.st_mode & 0o777 == 0o600)

            let first = try await program.run(apply)
            #expect(first.status == 0, "\(first.error)")
            #expect(try text("\(root)/planned") == "two\n")
            #expect(try text("\(root)/last") == "two\n")
            #expect(try text("\(root)/log") == "told\ntold\n")
            let second = try await program.run(apply)
            #expect(second.status == 0, "\(second.error)")
            #expect(second.error.contains("Nothing to change"), "\(second.error)")
            #expect(try text("\(root)/log") == "told\ntold\n")
            #expect(try JSON(parsing: text("\(root)/state/lock"))["released"] != nil)
        }
    }

    @Test func `a file of the plan that somebody changed meanwhile is named, and nothing is done`()
        async throws
    {
        try await withPlan { program, root, apply in
            let runs = try FileManager.default.contentsOfDirectory(atPath: "\(root)/state/runs")
            try put("mine\n", "\(root)/planned")
            let refused = try await program.run(apply)
            #expect(refused.status == 1)
            #expect(refused.error.contains("FF0852"), "\(refused.error)")
            #expect(refused.error.contains("host localhost, task test/planned"))
            #expect(refused.error.contains("with \"one\" in line 1"))
            #expect(refused.error.contains("with \"mine\" in line 1"))
            #expect(!refused.error.contains("test/last"))
            #expect(try text("\(root)/planned") == "mine\n")
            #expect(try text("\(root)/last") == "one\n")
            // It had the lock and gave it back, and there is no journal of a run that did nothing.
            #expect(try JSON(parsing: text("\(root)/state/lock"))["released"] != nil)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: "\(root)/state/runs") == runs)

            // As it was, it is applied.
            try put("one\n", "\(root)/planned")
            #expect(try await program.run(apply).status == 0)
        }
    }

    @Test func `a file that was right when the plan was made, and is not, is named`() async throws {
        try await withPlan { program, root, apply in
            try put("mine\n", "\(root)/right")
            let refused = try await program.run(apply)
            #expect(refused.status == 1)
            #expect(refused.error.contains("task test/right"), "\(refused.error)")
            #expect(refused.error.contains("planned: nothing"))
            #expect(!refused.error.contains("test/planned"))
            #expect(try text("\(root)/planned") == "one\n")
            #expect(try text("\(root)/right") == "mine\n")
        }
    }

    @Test func `every run ends with a record of its exit status, whatever became of it`()
        async throws
    {
        try await withPlan { program, root, apply in
            func ending(_ words: [String]) async throws -> (Program.Outcome, JSON) {
                let run = try await program.run(words + ["--json"])
                let records = try run.lines.map { try JSON(parsing: String($0)) }
                #expect(records.first?["format"] == "finflowctl-run", "\(words): \(run.output)")
                #expect(records.filter { $0["event"] == "done" }.count == 1)
                let last = try #require(records.last, "\(words): \(run.error)")
                #expect(last["event"] == "done", "\(words): \(run.output)")
                #expect(last["exit_status"]?.int == run.status.map(Int.init), "\(words)")
                return (run, last)
            }
            func codes(_ record: JSON) -> [String] {
                (record["errors"]?.array ?? []).compactMap { $0["code"]?.string }
            }
            // Refused before a host is asked, and because a host has moved on.
            let (without, early) = try await ending(["setup", "--plan", "\(root)/change.plan"])
            #expect(without.status == 65)
            #expect(Set(codes(early)) == ["FF0851"])
            try put("mine\n", "\(root)/planned")
            let (moved, refused) = try await ending(apply)
            #expect(moved.status == 1)
            #expect(codes(refused) == ["FF0852"])
            try put("one\n", "\(root)/planned")
            let (none, missing) = try await ending(["setup", "--plan", "\(root)/none"])
            #expect(none.status == 65 && codes(missing) == ["FF0850"])
            let pending = try await ending(
                ["plan", "--set", "text=two", "--out", "\(root)/other.plan"])
            #expect(pending.0.status == 2)
            #expect(pending.0.lines.dropLast().last?.contains("plan-written") == true)
            #expect(try await ending(["plan", "--env", "nowhere"]).0.status == 65)
            #expect(try await ending(["undo", "nothing"]).0.status == 65)
            #expect(try await ending(apply).0.status == 0)
            // Its handler is a command, which undo does not know how to repeat.
            #expect(try await ending(["undo", "last"]).0.status == 3)
        }
    }

    @Test func `the record of a run names the plan that it applied, by path and digest`()
        async throws
    {
        try await withPlan { program, root, apply in
            #expect(try await program.run(apply).status == 0)
            let digest = try await program.shell("sha256sum <'\(root)/change.plan'")
            let sha256 = String(digest.output.prefix(64))
            let text = try await program.run("history", "last")
            #expect(text.output.contains("\(root)/change.plan"), "\(text.output)")
            #expect(text.output.contains(sha256), "\(text.output)")
            let json = try await program.run("history", "--json")
            let newest = try JSON(parsing: String(try #require(json.lines.dropFirst().first)))
            #expect(newest["plan"]?["path"]?.string == "\(root)/change.plan")
            #expect(newest["plan"]?["sha256"]?.string == sha256)
        }
    }

    @Test(arguments: [23, 25])
    func `a plan of more than a day is applied, and its age is told`(hours: Int) async throws {
        try await withPlan { program, root, apply in
            var plan = try await BindingPlan.read("\(root)/change.plan")
            let then = Timestamp(seconds: Timestamp.now.seconds - hours * 3600)
            let stamp = then.description.filter { $0 != "-" && $0 != ":" }
            plan.run = try #require(RunID("\(stamp)-\(plan.run.rawValue.suffix(6))"))
            try await plan.write(to: "\(root)/change.plan")
            let run = try await program.run(apply)
            #expect(run.status == 0, "\(run.error)")
            #expect(
                run.error.contains("The plan is 25 hours old (of \(then), by ") == (hours > 24),
                "\(run.error)")
            #expect(try text("\(root)/planned") == "two\n")
        }
    }

    @Test func `what is already as the plan wants it is no difference`() async throws {
        try await withPlan { program, root, apply in
            try put("two\n", "\(root)/last")
            #expect(try await program.run(apply).status == 0)
            #expect(try text("\(root)/planned") == "two\n")
        }
    }

    @Test
    func `playbooks, variables and hosts that have moved on are named before a host is asked`()
        async throws
    {
        try await withPlan { program, root, apply in
            let without = try await program.run("setup", "--plan", "\(root)/change.plan")
            #expect(without.status == 65)
            #expect(without.error.contains("FF0851") && without.error.contains("`text`"))
            let other = try await program.run(
                "setup", "--plan", "\(root)/change.plan", "--set", "text=three")
            #expect(other.status == 65 && other.error.contains("`text` has changed"))

            let role = "\(program.playbooks)/roles/test/role.yaml"
            let before = try text(role)
            try put(before.replacing("same", with: "else"), role)
            let edited = try await program.run(apply)
            #expect(edited.status == 65)
            #expect(edited.error.contains("the file `roles/test/role.yaml` has changed"))
            #expect(edited.error.contains("localhost/test/right"), "\(edited.error)")
            #expect(!edited.error.contains("localhost/test/planned"))
            try put(before, role)

            let environment = "\(program.playbooks)/environments/local/environment.yaml"
            let hosts = try text(environment)
            try put(
                hosts.replacing(
                    "    localhost:",
                    with: "    more: { transport: local, become: false }\n    localhost:"),
                environment)
            let more = try await program.run(apply)
            #expect(more.status == 65)
            #expect(more.error.contains("host more"), "\(more.error)")
            try put(hosts, environment)
            #expect(try text("\(root)/planned") == "one\n")
            #expect(try await program.run(apply).status == 0)
        }
    }

    @Test func `options that contradict the plan are refused`() async throws {
        try await withPlan { program, root, apply in
            for options in [
                ["--env", "staging"], ["--limit", "other"], ["--tags", "x"], ["--dry-run"],
            ] {
                let run = try await program.run(apply + options)
                #expect(run.status == 64, "\(options)")
            }
            let same = try await program.run(apply + ["--env", "local"])
            #expect(same.status == 0, "\(same.error)")
        }
    }

    @Test func `a run that was killed in the middle is finished by the same command`()
        async throws
    {
        try await Program.withLocalRole(Self.role) { program, root in
            #expect(try await program.run("setup").status == 0)
            mkfifo("\(root)/started", 0o600)
            mkfifo("\(root)/go", 0o600)
            let sets = ["--set", "text=two", "--set", "gate=true"]
            let plan = try await program.run(["plan", "--out", "\(root)/change.plan"] + sets)
            #expect(plan.status == 2)
            let apply = ["setup", "--plan", "\(root)/change.plan"] + sets
            try await ChildProcess.withRunning(program.command(apply)) { child in
                _ = try await ChildProcess.collect(Command("cat", ["\(root)/started"]))
                await child.signal(SIGKILL)
            }
            #expect(try text("\(root)/planned") == "two\n")
            #expect(try text("\(root)/last") == "one\n")
            // What waits at the gate is ended when the lock is taken over, or goes through.
            try put("", "\(root)/open")
            let finished = try await program.run(apply)
            #expect(finished.status == 0, "\(finished.error)")
            #expect(try text("\(root)/last") == "two\n")
            #expect(try text("\(root)/log").hasSuffix("told\n"))
            #expect(try await program.run(apply).error.contains("Nothing to change"))
        }
    }

    @Test func `a task that wants more than its plan fails, and what depends on it is left out`()
        async throws
    {
        let role = """
            tasks:
              - id: first
                command: { run: "echo b >ROOT/second; touch ROOT/done", creates: ROOT/done }
              - id: second
                after: [first]
                retry: { attempts: 3, delay: 1 s }
                file: { path: ROOT/second, content: a }
              - id: third
                after: [second]
                file: { path: ROOT/third, content: a }
            """
        try await Program.withLocalRole(role) { program, root in
            try put("a", "\(root)/second")
            #expect(try await program.run("plan", "--out", "\(root)/p").status == 2)
            let run = try await program.run("setup", "--plan", "\(root)/p", "--json")
            #expect(run.statuses["localhost/test/second"] == "failed", "\(run.output)")
            #expect(run.statuses["localhost/test/third"] == "pruned")
            #expect(run.output.contains("FF0853"))
            #expect(!run.output.contains("task-retrying"), "trying again cannot help")
            #expect(try text("\(root)/second") == "b\n")
        }
    }

    @Test func `what is known only later may be what it turns out to be`() async throws {
        let role = """
            tasks:
              - id: asked
                command: { run: "echo value; touch ROOT/done", creates: ROOT/done }
                outputs: { said: stdout, ran: ran }
              - id: told
                when: tasks.asked.ran
                file: { path: ROOT/told, content: "{{ tasks.asked.said }}" }
            """
        try await Program.withLocalRole(role) { program, root in
            let plan = try await program.run("plan", "--out", "\(root)/p")
            #expect(plan.status == 2, "\(plan.error)")
            #expect(plan.error.contains("known only later"), "\(plan.error)")
            let run = try await program.run("setup", "--plan", "\(root)/p")
            #expect(run.status == 0, "\(run.error)")
            #expect(try text("\(root)/told").contains("value"))
        }
    }

    @Test func `a plan that is not whole is not written`() async throws {
        let role = """
            tasks:
              - id: bad
                file: { path: ROOT/nowhere/file, content: a }
            """
        try await Program.withLocalRole(role) { program, root in
            let plan = try await program.run("plan", "--out", "\(root)/p")
            #expect(plan.status == 1)
            #expect(plan.error.contains("No plan was written"))
            #expect(access("\(root)/p", F_OK) != 0)
        }
    }

    @Test func `damaged, foreign and other files are no plans, whatever was changed in them`()
        async throws
    {
        try await withPlan { program, root, _ in
            let bytes = Array(try text("\(root)/change.plan").utf8)
            let plan = try BindingPlan(parsing: bytes, named: "p")
            #expect(try BindingPlan(parsing: Array(plan.text.utf8), named: "p") == plan)

            for length in 0..<bytes.count - 1 {
                #expect(throws: Diagnostics.self, "cut to \(length)") {
                    try BindingPlan(parsing: Array(bytes[..<length]), named: "p")
                }
            }
            var random = SeededGenerator(seed: 38)
            var refused = 0
            for _ in 0..<1500 {
                var mutated = bytes
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let place = mutated.indices.randomElement(using: &random) ?? 0
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: mutated[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                    case 1: mutated.remove(at: place)
                    default: mutated.insert(UInt8.random(in: 0...255, using: &random), at: place)
                    }
                }
                // Space between two members says nothing; all else is noticed.
                if let read = try? BindingPlan(parsing: mutated, named: "p") {
                    #expect(read == plan)
                } else {
                    refused += 1
                }
            }
            print("saved plans, damaged: 1500 inputs, \(refused) refused")
            #expect(refused > 500)

            let later = try text("\(root)/change.plan")
                .replacing("\"version\": 1", with: "\"version\": 2")
            for (content, word) in [
                ("", "not the whole"), ("{}", "no plan of finflowctl"), (later, "version 2"),
                (try text("\(root)/change.plan").replacing("two", with: "ten"), "checksum"),
            ] {
                try put(content, "\(root)/bad.plan")
                let run = try await program.run("setup", "--plan", "\(root)/bad.plan")
                #expect(run.status == 65, "\(word)")
                #expect(run.error.contains("FF0850") && run.error.contains(word), "\(run.error)")
            }
            let missing = try await program.run("setup", "--plan", "\(root)/no.plan")
            #expect(missing.status == 65 && missing.error.contains("No such file"))
        }
    }

    /// What a package brings is there only when the plan is applied: the file that the plan makes
    /// replaces one by then, and the rules are listed by a program that was not there.
    @Test(.hosts(1), .timeLimit(.minutes(10)))
    func `a plan of a bare host holds through the packages that it installs`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        let role = """
            tasks:
              - { id: tools, package: { name: [auditd, nftables] } }
              - id: audit
                after: [tools]
                file: { path: /etc/audit/auditd.conf, mode: "0640", content: "log_group = adm\\n" }
              - id: firewall
                after: [tools]
                firewall: { allow: [{ ports: 22 }] }
            """
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            let file = "\(program.playbooks)/bare.plan"
            let plan = try await program.run("plan", "--env", "lab", "--out", file)
            #expect(plan.status == 2, "\(plan.output)\(plan.error)")
            let run = try await program.run("setup", "--plan", file)
            #expect(run.status == 0, "\(run.output)\(run.error)")
            #expect(try await program.run("plan", "--env", "lab").status == 0)
        }
    }

    @Test(.hosts(2), .timeLimit(.minutes(10)))
    func `hosts: a removed package is named, and the others are left as they are`() async throws {
        let hosts = LabHost.leased
        let role = """
            vars: { text: one }
            tasks:
              - id: package
                package: { name: cron }
              - id: file
                file: { path: /etc/planned, content: "{{ text }}\\n" }
            """
        try await LabPlaybooks.withRole(role, on: hosts) { program in
            #expect(try await program.run("setup", "--env", "lab").status == 0)
            let file = "\(program.playbooks)/change.plan"
            let sets = ["--set", "text=two"]
            let plan = try await program.run(["plan", "--env", "lab", "--out", file] + sets)
            #expect(plan.status == 2, "\(plan.error)")
            _ = try await hosts[1].inspect("dpkg --remove --force-depends cron >/dev/null 2>&1")
            let refused = try await program.run(["setup", "--plan", file] + sets)
            #expect(refused.status == 1, "\(refused.error)")
            #expect(refused.error.contains("host \(hosts[1].name), task test/package"))
            #expect(!refused.error.contains("host \(hosts[0].name)"))
            for host in hosts {
                #expect(try await host.inspect("cat /etc/planned").outputText == "one\n")
            }
            // A host that cannot be asked is no reason to change the others.
            try await hosts[1].cutPower()
            let unseen = try await program.run(
                ["setup", "--plan", file, "--connect-timeout", "5"] + sets)
            #expect(unseen.status == 3, "\(unseen.error)")
            #expect(try await hosts[0].inspect("cat /etc/planned").outputText == "one\n")
            try await hosts[1].restorePower()
            #expect(try await program.run("setup", "--env", "lab").status == 0)
            let applied = try await program.run(["setup", "--plan", file] + sets)
            #expect(applied.status == 0, "\(applied.error)")
            for host in hosts {
                #expect(try await host.inspect("cat /etc/planned").outputText == "two\n")
            }
        }
    }
}
