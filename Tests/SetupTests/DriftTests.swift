import FoundationEssentials
import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

@testable import Setup

/// What somebody else changed is told from what the playbooks ask for.
@Suite struct DriftTests {
    private static let role = """
        vars: { text: one, mode: "0640" }
        tasks:
          - id: own
            file: { path: ROOT/own, content: "{{ text }}\\n", mode: "{{ mode }}" }
            notify: [told]
          - id: other
            file: { path: ROOT/other, content: same }
          - id: each-time
            command: { run: "true", always: true }
        handlers:
          - id: told
            command: { run: "echo told >>ROOT/log", always: true }
        """

    private func put(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// The origin of each task that would be changed.
    private func origins(_ outcome: Program.Outcome) throws -> [String: String] {
        var result: [String: String] = [:]
        for line in outcome.lines {
            let record = try JSON(parsing: String(line))
            guard let task = record["task"]?.string, let origin = record["origin"]?.string else {
                continue
            }
            result[String(task.split(separator: "/").last ?? "")] = origin
        }
        return result
    }

    @Test func `foreign, intended, both and new changes are told apart`() async throws {
        try await Program.withLocalRole(Self.role) { program, root in
            let first = try await program.run("plan", "--json")
            #expect(
                try origins(first) == ["own": "new", "other": "new", "each-time": "new"])
            #expect(try await program.run("drift").status == 0)

            #expect(try await program.run("setup").status == 0)
            let second = try await program.run("plan", "--json")
            #expect(try origins(second) == ["each-time": "intended"])

            // Only the playbooks.
            let intended = try await program.run("plan", "--json", "--set", "text=two")
            #expect(try origins(intended)["own"] == "intended")
            #expect(try await program.run("drift", "--set", "text=two").status == 0)

            // Only somebody.
            try put("mine\n", "\(root)/own")
            let foreign = try await program.run("plan", "--json")
            #expect(try origins(foreign) == ["own": "foreign", "each-time": "intended"])
            let plan = try await program.run("plan")
            #expect(plan.output.contains("foreign"), "\(plan.output)")

            // One aspect by somebody, another one by the playbooks; and both the same one.
            for set in ["mode=0600", "text=two"] {
                let both = try await program.run("plan", "--json", "--set", set)
                #expect(try origins(both)["own"] == "both", "\(set): \(both.output)")
            }
            // What somebody has already made as it is wanted now is no drift.
            try put("two\n", "\(root)/own")
            let met = try await program.run("plan", "--json", "--set", "text=two")
            #expect(try origins(met)["own"] == nil)

            // A removed file, and an attribute.
            try FileManager.default.removeItem(atPath: "\(root)/own")
            #expect(try origins(await program.run("plan", "--json"))["own"] == "foreign")
            #expect(
                try origins(await program.run("plan", "--json", "--set", "text=two"))["own"]
                    == "both")
            #expect(try await program.run("setup").status == 0)
            #expect(try await program.run("drift").status == 0)
        }
    }

    @Test func `drift says what, since when and when it was changed, and ends with 2`()
        async throws
    {
        try await Program.withLocalRole(Self.role) { program, root in
            #expect(try await program.run("setup").status == 0)
            let applied = try String(
                contentsOf: URL(filePath: "\(root)/state/applied.ndjson"), encoding: .utf8)
            let state = try #require(
                AppliedStates(text: applied).states["localhost/test/other"])
            try put("mine", "\(root)/other")

            let text = try await program.run("drift")
            #expect(text.status == 2)
            #expect(text.output.contains("changed by somebody since \(state.at)"), "\(text.output)")
            #expect(text.output.contains("last applied by run \(state.run)"))
            #expect(text.output.contains("content mine → same"))
            #expect(!text.output.contains("each-time"))
            #expect(text.error.contains("1 task on 1 host"))

            let json = try await program.run("drift", "--json")
            #expect(json.status == 2)
            let records = try json.lines.map { try JSON(parsing: String($0)) }
            #expect(records.first?["format"] == "finflowctl-drift")
            let drift = records.filter { $0["event"] == "drift" }
            #expect(drift.map { $0["task"] } == ["localhost/test/other"])
            #expect(drift.first?["not_before"]?.string == state.at.description)
            let changed = try #require(
                drift.first?["changed_at"]?.string.flatMap { Timestamp($0) })
            #expect(changed >= state.at)
            #expect(records.last?["exit_status"] == 2)

            // Looking neither takes the lock nor writes anything.
            let after = try String(
                contentsOf: URL(filePath: "\(root)/state/applied.ndjson"), encoding: .utf8)
            #expect(after == applied)
        }
    }

    @Test func `what no run has applied, or a line that is damaged, is not called foreign`()
        async throws
    {
        try await Program.withLocalRole(Self.role) { program, root in
            #expect(try await program.run("setup").status == 0)
            try put("mine", "\(root)/other")
            let file = "\(root)/state/applied.ndjson"
            let applied = try String(contentsOf: URL(filePath: file), encoding: .utf8)
            let others = applied.split(separator: "\n").filter { !$0.contains("test/other") }
            try put(others.joined(separator: "\n") + "\n{\"task\":\"localhost/te\n", file)
            #expect(try origins(await program.run("plan", "--json"))["other"] == "new")
            #expect(try await program.run("drift").status == 0)
        }
    }

    @Test func `a line of an older version without aspects still tells foreign from intended`()
        async throws
    {
        try await Program.withLocalRole(Self.role) { program, root in
            #expect(try await program.run("setup").status == 0)
            let file = "\(root)/state/applied.ndjson"
            let applied = try String(contentsOf: URL(filePath: file), encoding: .utf8)
            let older = try applied.split(separator: "\n").map { line in
                let members = try JSON(parsing: String(line)).members ?? []
                return JSON.object(members.filter { $0.name != "aspects" }).line + "\n"
            }
            try put(older.joined(), file)
            try put("mine\n", "\(root)/own")
            #expect(try origins(await program.run("plan", "--json"))["own"] == "foreign")
            #expect(
                try origins(await program.run("plan", "--json", "--set", "text=two"))["own"]
                    == "intended")
        }
    }

    @Test func `the text file is one that promtool takes, with and without drift`() async throws {
        let tool = try await ChildProcess.collect(Command("which", ["promtool"]))
        try #require(tool.exit.isSuccess, "promtool is of Debian's package prometheus")
        try await Program.withLocalRole(Self.role) { program, root in
            let path = "\(root)/drift.prom"
            func metrics(_ status: Int32) async throws -> String {
                let run = try await program.run("drift", "--textfile", path)
                #expect(run.status == status, "\(run.error)")
                let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
                let check = try await ChildProcess.collect(
                    Command("promtool", ["check", "metrics"]), input: Array(text.utf8))
                #expect(check.exit == .status(0), "\(check.errorText)\(text)")
                #expect(check.errorText == "")
                return text
            }
            let labels = "{environment=\"local\",host=\"localhost\"}"
            #expect(try await program.run("setup").status == 0)
            let clean = try await metrics(0)
            #expect(clean.contains("finflow_drift_changes\(labels) 0\n"))
            #expect(clean.contains("finflow_drift_host_checked\(labels) 1\n"))
            #expect(!clean.contains("finflow_drift_since"))
            try put("mine", "\(root)/other")
            let drifted = try await metrics(2)
            #expect(drifted.contains("finflow_drift_changes\(labels) 1\n"))
            #expect(drifted.contains("finflow_drift_since_timestamp_seconds\(labels) "))
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect(mode as? Int == 0o644)
            let names = try FileManager.default.contentsOfDirectory(atPath: root)
            #expect(!names.contains { $0.hasPrefix(".drift.prom") })
            let unwritable = try await program.run("drift", "--textfile", "\(root)/no/drift.prom")
            #expect(unwritable.status == 1)
            #expect(unwritable.error.contains("FF0704"))
        }
    }

    @Test(.hosts(2), .timeLimit(.minutes(5)))
    func `packages, services and unreachable hosts`() async throws {
        let hosts = LabHost.leased
        let role = """
            vars: { enabled: true, hold: false }
            tasks:
              - id: package
                package: { name: nftables, hold: "{{ hold }}" }
              - id: cron
                package: { name: cron }
              - id: service
                service: { name: cron, state: running, enabled: "{{ enabled }}" }
            """
        try await LabPlaybooks.withRole(role, on: hosts) { program in
            let setup = try await program.run("setup", "--env", "lab")
            #expect(setup.status == 0, "\(setup.error)")
            #expect(try await program.run("drift", "--env", "lab").status == 0)
            _ = try await hosts[0].inspect("systemctl stop cron && systemctl disable cron")
            let stopped = try await program.run("drift", "--env", "lab", "--json")
            #expect(stopped.status == 2)
            #expect(try origins(stopped) == ["service": "foreign"])
            #expect(stopped.output.contains("\"not_before\""))

            // The playbooks ask for something else of it as well.
            let both = try await program.run(
                "plan", "--env", "lab", "--json", "--set", "enabled=false", "--limit", hosts[0].name
            )
            #expect(try origins(both)["service"] == "both", "\(both.output)")
            let drift = try await program.run(
                "drift", "--env", "lab", "--set", "enabled=false", "--limit", hosts[0].name)
            #expect(drift.status == 2)
            #expect(drift.output.contains("and the playbooks changed too"), "\(drift.output)")
            _ = try await hosts[0].inspect("apt-get remove --yes nftables")
            let package = try await program.run(
                "plan", "--env", "lab", "--json", "--set", "hold=true", "--limit", hosts[0].name)
            #expect(try origins(package)["package"] == "both", "\(package.output)")
            let removed = try await program.run("plan", "--env", "lab", "--json")
            #expect(try origins(removed)["package"] == "foreign", "\(removed.output)")
            let held = try await program.run(
                "plan", "--env", "lab", "--json", "--set", "hold=true", "--limit", hosts[1].name)
            #expect(try origins(held)["package"] == "intended", "\(held.output)")

            // A host that nobody can reach does not look like one without drift.
            try await hosts[1].cutPower()
            let path = "\(program.playbooks)/drift.prom"
            let run = try await program.run(
                "drift", "--env", "lab", "--textfile", path, "--connect-timeout", "5")
            try await hosts[1].restorePower()
            #expect(run.status == 3, "\(run.error)")
            #expect(run.output.contains(hosts[0].name))
            #expect(run.error.contains("Not known: 1 host"))
            let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
            #expect(text.contains("checked{environment=\"lab\",host=\"\(hosts[0].name)\"} 1\n"))
            #expect(text.contains("checked{environment=\"lab\",host=\"\(hosts[1].name)\"} 0\n"))
        }
    }
}
