import Glibc
import Lab
import LabTraits
import Loop
import Testing

/// The controller, or the host itself, ends while a change waits to be confirmed.
@Suite struct NetworkKillTests {
    private static let network = "/var/lib/finflow/network"

    private static let shut = """
        tasks:
          - id: nftables
            package: { name: nftables }
          - id: firewall
            network: true
            firewall: { allow: [{ ports: 443 }] }
        """

    private static let refusing = """
        tasks:
          - id: configuration
            network: true
            file: { path: /etc/ssh/sshd_config.d/10-test.conf, content: "AllowUsers nobody\\n" }
            notify: [reload]
        handlers:
          - id: reload
            network: true
            service: { name: ssh, state: reloaded }
        """

    /// A handler that does not come to its end, while the host can be reached.
    private static let endless = """
        tasks:
          - id: configuration
            network: true
            file: { path: /etc/network.conf, content: "new\\n", mode: "0644" }
            notify: [act]
        handlers:
          - id: act
            network: true
            command: { run: "cat /etc/network.conf >>/run/acted; grep -q old /etc/network.conf || sleep inf", always: true }
        """

    /// A handler that takes until nobody waits for its answer any more, beside a task that takes
    /// longer.
    private static let slow = """
        tasks:
          - id: other
            command: { run: "echo $$ >/run/other; until [ -e /run/may ]; do sleep 0.1; done; echo >/run/ended", always: true }
          - id: configuration
            network: true
            file: { path: /etc/network.conf, content: "new\n", mode: "0644" }
            notify: [act]
        handlers:
          - id: act
            network: true
            command:
              run: |
                parent() { awk '/^PPid/ { print $2 }' "/proc/$1/status"; }
                read -r process <$(echo /var/lib/finflow/network/armed-*/process)
                waiting=$(parent "$process")
                until [ -e /run/other ]; do sleep 0.1; done
                until [ "$(parent "$process")" != "$waiting" ]; do sleep 0.1; done
              always: true
        """

    @Test(.hosts(1), .timeLimit(.minutes(5)))
    func `a change that answers late does not cut what else is under way`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        try await LabPlaybooks.withRole(Self.slow, on: [host]) { program in
            let run = try await program.run([
                "setup", "--env", "lab", "--json", "--set", "network_revert_seconds=12",
            ]) { _ in
                // It is confirmed, and one of the two connections was closed.
                let decided = try await host.inspect(
                    """
                    until [ -e \(Self.network)/armed-*/process ]; do sleep 0.02; done
                    while [ -e \(Self.network)/armed-*/process ]; do sleep 0.02; done
                    while [ "$(pgrep -c -f '^sshd[^ ]*: ops@')" -gt 1 ]; do sleep 0.02; done
                    """)
                #expect(decided.exit.isSuccess)
                _ = try await host.inspect("touch /run/may")
            }
            #expect(run.status == 0, "\(run.output)\(run.error)")
            #expect(try await host.inspect("test -e /run/ended").exit.isSuccess)
        }
    }

    /// Runs setup until a change is armed and in force, then ends it with SIGKILL.
    private func killArmed(_ program: Program, _ host: LabHost, within seconds: Int) async throws {
        try await ChildProcess.withRunning(
            try program.command([
                "setup", "--env", "lab", "--set", "network_revert_seconds=\(seconds)",
            ])
        ) { child in
            let armed = try await host.inspect(
                "until [ -f \(Self.network)/armed-*/process ]; do sleep 0.02; done")
            #expect(armed.exit.isSuccess)
            await child.signal(SIGKILL)
            _ = try? await child.exit()
        }
    }

    private static let settled = """
        while ls \(network) | grep -q -e ^armed- -e ^reverting-; do sleep 0.1; done
        cat \(network)/last.json
        """

    @Test(.hosts(1), .timeLimit(.minutes(5)))
    func `killed while it is armed the host puts it back, and the next run makes it again`()
        async throws
    {
        let host = LabHost.leased[0]
        try await host.reset()
        try await LabPlaybooks.withRole(Self.refusing, on: [host]) { program in
            try await killArmed(program, host, within: 5)
            let record = try await host.inspect(Self.settled).outputText
            #expect(record.contains("no new connection came through"), "\(record)")
            #expect(
                try await host.ssh("test ! -e /etc/ssh/sshd_config.d/10-test.conf").exit.isSuccess)
            try program.setRole(
                Self.refusing.replacing("AllowUsers nobody", with: "MaxAuthTries 5"))
            let next = try await program.run("setup", "--env", "lab", "--json")
            #expect(next.status == 0, "\(next.output)\(next.error)")
            #expect(
                next.changed == ["\(host.name)/test/configuration", "\(host.name)/test/reload"])
            #expect(next.output.contains("put back at 2"))
            #expect(try await host.inspect("sshd -T | grep -x 'maxauthtries 5'").exit.isSuccess)
            let again = try await program.run("setup", "--env", "lab", "--json")
            #expect(again.changed == [])
        }
    }

    @Test(.hosts(1), .timeLimit(.minutes(5)))
    func `the next run waits for what an earlier one left armed, and then looks again`()
        async throws
    {
        let host = LabHost.leased[0]
        try await host.reset()
        try await LabPlaybooks.withRole(Self.endless, on: [host]) { program in
            _ = try await host.inspect("echo old >/etc/network.conf; chmod 644 /etc/network.conf")
            try await killArmed(program, host, within: 8)
            try program.setRole(Self.endless.replacing("grep -q old", with: "true"))
            let next = try await program.run("setup", "--env", "lab", "--json")
            #expect(next.status == 0, "\(next.output)\(next.error)")
            #expect(next.changed == ["\(host.name)/test/configuration", "\(host.name)/test/act"])
            let acted = try await host.inspect("cat /run/acted /etc/network.conf").outputText
            #expect(acted == "new\nold\nnew\nnew\n")
            #expect(try await host.inspect("pgrep --full 'sleep in[f]'").exit == .status(1))
        }
    }

    @Test(.hosts(1), .timeLimit(.minutes(5)))
    func `a host that is booted while it is armed comes up as it was before`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        try await LabPlaybooks.withRole(Self.shut, on: [host]) { program in
            _ = try await host.inspect("apt-get install --yes nftables")
            try await killArmed(program, host, within: 3600)
            let shut = try await host.inspect(
                "until nft list table inet finflow; do sleep 0.02; done; ls /etc/finflow")
            #expect(shut.outputText.contains("nftables.conf"))
            // It returns when sshd answers, through the firewall.
            try await host.reboot()
            let record = try await host.inspect(Self.settled).outputText
            #expect(record.contains("the host was booted"), "\(record)")
            let left = try await host.inspect(
                """
                nft list ruleset
                ls -A /etc/finflow
                ls /etc/systemd/system/sysinit.target.wants | grep finflow
                systemctl list-unit-files --no-legend 'finflow*'
                systemctl --failed --no-legend --plain 'finflow*'
                """)
            #expect(left.outputText == "")
            let next = try await program.run(
                "setup", "--env", "lab", "--dry-run", "--json")
            #expect(next.output.contains("put back at 2"))
        }
    }
}
