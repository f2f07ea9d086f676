import Lab
import LabTraits
import Testing

/// The main job, on real hosts, by the program as it is built.
///
/// Getting hosts from bare to converged costs most of the time, so all that is asked of a
/// converged site is asked here.
@Suite struct SiteTests {
    @Test(.hosts(3), .timeLimit(.minutes(15)))
    func `site yaml takes bare hosts to converged, and a second run touches nothing`() async throws
    {
        let hosts = LabHost.leased
        let (first, second, watching) = (hosts[0], hosts[1], hosts[2])
        try await hosts.reset()
        try await LabPlaybooks.withSite(on: hosts) { program in
            let foreign = try await ForeignTables.load(on: watching)
            let firewall = try await FirewallView(of: first, from: second)
            #expect(try await firewall.reaches(FirewallView.closed) == .accepted)
            try await Self.tellNames(of: hosts, to: watching)

            let run = try await program.run("setup", "--env", "lab", "--json")
            #expect(run.status == 0, "\(run.output.suffix(4000))\(run.error)")
            #expect(!run.changed.isEmpty)

            let before = try await HostPicture.take(of: hosts)
            let again = try await program.run("setup", "--env", "lab", "--json")
            #expect(again.status == 0, "\(again.error)")
            #expect(again.changed == [])
            let after = try await HostPicture.take(of: hosts)
            for (old, new) in zip(before, after) { #expect(old.differences(to: new) == []) }
            #expect(try await program.run("plan", "--env", "lab").status == 0)

            let tables = try await ForeignTables.listing(on: watching)
            #expect(tables == foreign)
            try await firewall.expectDefaultDeny()
            try await SSHDView.expectCommonAlgorithms(on: first)
            try await ServerView.expectEngine(on: second)
            try await ServerView.expectLogs(on: second)
            try await ServerView.expectScraping(on: watching, of: hosts)
            try await Self.expectRefusals(on: hosts, by: program)
            try await Self.expectAnEditIsFound(on: first, by: program)
            try await AnsibleView.expectNothingToDo(on: first, edited: second)
        }
    }

    /// Prometheus finds hosts by the names that the inventory has for them.
    private static func tellNames(of hosts: [LabHost], to host: LabHost) async throws {
        let lines = hosts.filter { $0 != host }.map { "\($0.insideAddress) \($0.name)\\n" }.joined()
        let telling = try await host.inspect("printf '\(lines)' >>/etc/hosts")
        try #require(telling.exit.isSuccess)
    }

    /// Each program judges what is written for it, and what it does not take never gets in place.
    private static func expectRefusals(on hosts: [LabHost], by program: Program) async throws {
        let refusals: [(task: String, variable: String, words: String, host: LabHost)] = [
            ("common/sshd-configuration", "ssh_max_startups=many", "MaxStartups", hosts[0]),
            ("docker/daemon-configuration", "docker_publish_address=nowhere", "nowhere", hosts[0]),
            (
                "monitoring/prometheus-configuration", "scrape_interval=soon",
                "not a valid duration string", hosts[2]
            ),
            (
                "monitoring/alertmanager-configuration", "alert_webhook=nowhere",
                "unsupported scheme", hosts[2]
            ),
        ]
        let before = try await HostPicture.take(of: hosts)
        let sets = refusals.flatMap { ["--set", $0.variable] }
        let run = try await program.run(["setup", "--env", "lab", "--json"] + sets)
        #expect(run.status == 1)
        #expect(run.changed == [])
        for refusal in refusals {
            #expect(run.statuses["\(refusal.host.name)/\(refusal.task)"] == "failed")
            #expect(run.output.contains(refusal.words), "\(refusal.task)")
        }
        let after = try await HostPicture.take(of: hosts)
        for (old, new) in zip(before, after) {
            #expect(old.settled.differences(to: new.settled) == [])
        }
        // Handlers were due by then; all else is as it was.
        let mended = try await program.run("setup", "--env", "lab", "--json")
        #expect(mended.status == 0, "\(mended.error)")
        #expect(mended.changed.allSatisfy { $0.hasSuffix("-restart") || $0.hasSuffix("-reload") })
    }

    private static func expectAnEditIsFound(
        on host: LabHost, by program: Program
    ) async throws {
        _ = try await host.inspect("echo '# by hand' >>/etc/ssh/sshd_config.d/10-finflow.conf")
        let plan = try await program.run("plan", "--env", "lab", "--json")
        #expect(plan.status == 2)
        #expect(
            plan.changed == [
                "\(host.name)/common/sshd-configuration", "\(host.name)/common/sshd-reload",
            ])
        let text = try await program.run("plan", "--env", "lab")
        #expect(text.output.contains("-# by hand"))
        let mended = try await program.run("setup", "--env", "lab", "--json")
        #expect(mended.status == 0)
        #expect(mended.changed == plan.changed)
    }
}
