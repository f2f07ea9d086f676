import Lab
import LabTraits
import Testing

/// The main job, on real hosts, by the program as it is built.
@Suite struct SiteTests {
    /// What an onlooker who knows nothing of finflowctl sees of a host: each file's inode and
    /// times, and since when each service runs.
    private static let picture = """
        find /etc /opt /root /home /usr/local /var/lib/finflow /var/spool/cron -xdev \
        -printf '%i %T@ %C@ %m %u %g %p\\n' | sort -k 7
        systemctl show --property=Id,ActiveEnterTimestampMonotonic,ExecMainPID \
        chrony.service ssh.service fail2ban.service docker.service nftables.service \
        prometheus.service prometheus-alertmanager.service prometheus-node-exporter.service \
        systemd-journald.service
        nft --stateless list ruleset
        """

    private static func differences(_ before: String, _ after: String) -> [String] {
        let (old, new) = (before.split(separator: "\n"), after.split(separator: "\n"))
        let (was, now) = (Set(old), Set(new))
        return old.filter { !now.contains($0) }.map { "- \($0)" }
            + new.filter { !was.contains($0) }.map { "+ \($0)" }
    }

    @Test(.hosts(3), .timeLimit(.minutes(15)))
    func `site yaml takes bare hosts to converged, and a second run touches nothing`() async throws
    {
        let hosts = LabHost.leased
        try await hosts.reset()
        try await LabPlaybooks.withSite(on: hosts) { program in
            let first = try await program.run("setup", "--env", "lab", "--json")
            #expect(first.status == 0, "\(first.output.suffix(4000))\(first.error)")
            #expect(!first.changed.isEmpty)

            var before: [String] = []
            for host in hosts { before.append(try await host.inspect(Self.picture).outputText) }
            let second = try await program.run("setup", "--env", "lab", "--json")
            #expect(second.status == 0, "\(second.error)")
            #expect(second.changed == [])
            for (host, picture) in zip(hosts, before) {
                let after = try await host.inspect(Self.picture).outputText
                #expect(Self.differences(picture, after) == [])
            }
            #expect(try await program.run("plan", "--env", "lab").status == 0)

            _ = try await hosts[0].inspect(
                "echo '# by hand' >>/etc/ssh/sshd_config.d/10-finflow.conf")
            let plan = try await program.run("plan", "--env", "lab", "--json")
            #expect(plan.status == 2)
            #expect(
                plan.changed == [
                    "\(hosts[0].name)/common/sshd-configuration",
                    "\(hosts[0].name)/common/sshd-reload",
                ])
            let text = try await program.run("plan", "--env", "lab")
            #expect(text.output.contains("-# by hand"))
            let mended = try await program.run("setup", "--env", "lab", "--json")
            #expect(mended.status == 0)
            #expect(mended.changed == plan.changed)
        }
    }
}
