import FoundationEssentials
import Lab
import LabTraits
import Testing

/// `undo` as an operator types it, on real hosts.
@Suite struct UndoTests {
    private static let role = """
        vars: { greeting: hello }
        tasks:
          - id: directory
            directory: { path: /srv/app/conf, mode: "0750" }
          - id: greeting
            file: { path: /etc/motd, content: "{{ greeting }}\\n", mode: "0604" }
          - id: line
            line: { path: /etc/hosts, line: "10.9.9.1 db-1" }
          - id: configuration
            file: { path: /srv/app/conf/app.conf, content: "a = 1\\n" }
          - id: link
            symlink: { path: /srv/app/current, target: conf }
          - id: user
            user: { name: payments, system: true, create_home: false }
          - id: setting
            sysctl: { key: net.ipv4.ip_forward, value: 1 }
          - id: unit
            systemd_unit:
              name: sleeper.service
              sections:
                Service: { ExecStart: /bin/sleep 1d }
                Install: { WantedBy: multi-user.target }
          - id: service
            service: { name: sleeper, state: running, enabled: true }
        """

    /// What an onlooker sees of a host, without times.
    private func picture(_ hosts: [LabHost]) async throws -> [String] {
        var pictures: [String] = []
        for host in hosts {
            pictures.append(
                try await host.inspect(
                    """
                    find /etc /srv -xdev -printf '%p %y %m %u %g %l\\n' | sort
                    find /etc /srv -xdev -type f ! -name '*-' -exec sha256sum {} + | sort -k 2
                    cat /proc/sys/net/ipv4/ip_forward
                    systemctl is-active sleeper; systemctl is-enabled sleeper 2>/dev/null || :
                    """
                ).outputText)
        }
        return pictures
    }

    @Test(.hosts(2))
    func `from a machine with an empty disk, a run is put back, and the undo as well`() async throws
    {
        let hosts = LabHost.leased
        for host in hosts { try await host.reset() }
        try await LabPlaybooks.withRole(Self.role, on: hosts) { program in
            let before = try await picture(hosts)
            let setup = try await program.run("setup", "--env", "lab")
            #expect(setup.status == 0, "\(setup.error)")
            let after = try await picture(hosts)
            #expect(after != before)

            let stranger = try Self.stranger(to: program)
            let plan = try await stranger.run("undo", "last", "--env", "lab", "--dry-run")
            #expect(plan.status == 0, "\(plan.error)")
            #expect(plan.output.contains("-hello"), "\(plan.output)")
            #expect(plan.output.contains("- directory /srv/app/conf"))
            #expect(!plan.error.contains("Left alone"), "\(plan.error)")
            #expect(try await picture(hosts) == after, "a dry run changes nothing")

            let undo = try await stranger.run("undo", "last", "--env", "lab")
            #expect(undo.status == 0, "\(undo.output)\(undo.error)")
            #expect(try await picture(hosts) == before)

            let redone = try await stranger.run("undo", "last", "--env", "lab")
            #expect(redone.status == 0, "\(redone.output)\(redone.error)")
            #expect(try await picture(hosts) == after, "an undo is a run like any other")
            let nothing = try await program.run("setup", "--env", "lab", "--json")
            #expect(nothing.changed == [], "the playbooks find all as they want it")
        }
    }

    @Test(.hosts(1))
    func `what was changed again since is named and left alone, all else is put back`() async throws
    {
        let host = LabHost.leased[0]
        try await host.reset()
        try await LabPlaybooks.withRole(Self.role, on: [host]) { program in
            #expect(try await program.run("setup", "--env", "lab").status == 0)
            _ = try await host.inspect("echo by hand >/srv/app/conf/app.conf")
            let undo = try await program.run("undo", "last", "--env", "lab")
            #expect(undo.status == 3, "\(undo.output)\(undo.error)")
            #expect(undo.error.contains("file /srv/app/conf/app.conf: what is there now"))
            #expect(
                undo.error.contains(
                    "directory /srv/app/conf: `/srv/app/conf` is not removed: there is something"))
            let left = try await host.inspect(
                "cat /srv/app/conf/app.conf; ls /srv/app; cat /etc/motd; grep 10.9.9.1 /etc/hosts; :"
            ).outputText
            #expect(left.hasPrefix("by hand\nconf\n"))
            #expect(!left.contains("hello") && !left.contains("10.9.9.1"))

            // Mended by hand, the same undo finishes it; and once more has nothing to do.
            _ = try await host.inspect("rm -r /srv/app")
            let run = try #require(undo.error.firstMatch(of: /\d{8}T\d{6}Z-\w{6}/)).0
            let rest = try await program.run("undo", String(run), "--env", "lab", "--json")
            #expect(rest.status == 0, "\(rest.output)\(rest.error)")
            #expect(rest.changed == [])
        }
    }

    @Test(.hosts(1))
    func `a run that was killed in the middle is put back as far as it came`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        try await LabPlaybooks.withRole(Self.role, on: [host]) { program in
            let before = try await picture([host])
            #expect(try await program.run("setup", "--env", "lab").status == 0)
            // As its death leaves the journal: no ends, and a last line that is cut off.
            _ = try await host.inspect(
                """
                cd /var/lib/finflow/runs; f=$(ls); grep -v -e '"done"' -e '"ended"' $f >kept
                printf '{"change":99,"task":"' >>kept; mv kept $f
                """)
            let undo = try await program.run("undo", "last", "--env", "lab")
            #expect(undo.status == 0, "\(undo.output)\(undo.error)")
            #expect(try await picture([host]) == before)
        }
    }

    @Test(.hosts(1))
    func `a journal line that cannot be read is told, and a cut one hides no other`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        let role = """
            tasks:
              - { id: f, file: { path: /etc/f, content: x } }
              - { id: g, after: [f], file: { path: /etc/g, content: x } }
            """
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            #expect(try await program.run("setup", "--env", "lab").status == 0)
            // As a full disk leaves it, and as nobody of ours does.
            _ = try await host.inspect(
                """
                cd /var/lib/finflow/runs; f=$(ls)
                sed -i -e '2s/^/{"change":9,"task":"/' -e '/"done":1/s/^/no/' $f; cat $f
                """)
            let undo = try await program.run("undo", "last", "--env", "lab")
            #expect(undo.status == 3, "\(undo.output)\(undo.error)")
            #expect(undo.error.contains("lines of the run's journal cannot be read"))
            #expect(try await host.inspect("ls /etc/f /etc/g 2>&1").outputText.contains("No such"))
        }
    }

    @Test(.hosts(2))
    func `a silent host keeps the last run from being guessed, and one that forgot is named`()
        async throws
    {
        let hosts = LabHost.leased
        for host in hosts { try await host.reset() }
        let role = "tasks: [{ id: f, file: { path: /etc/f, content: x } }]"
        try await LabPlaybooks.withRole(role, on: hosts) { program in
            #expect(try await program.run("setup", "--env", "lab").status == 0)
            let name = hosts[1].name
            _ = try await hosts[1].inspect("rm -r /var/lib/finflow/runs")
            let undo = try await program.run("undo", "last", "--env", "lab", "--dry-run")
            #expect(undo.status == 3, "\(undo.output)\(undo.error)")
            #expect(undo.error.contains("they do not remember it"), "\(undo.error)")
            #expect(undo.error.contains(name))
            let only = try await program.run(
                "undo", "last", "--env", "lab", "--limit", hosts[0].name)
            #expect(only.status == 0, "\(only.output)\(only.error)")

            _ = try await hosts[1].inspect("systemctl stop ssh.socket ssh.service")
            let unclear = try await program.run("undo", "last", "--env", "lab")
            #expect(unclear.status == 4, "\(unclear.output)\(unclear.error)")
            #expect(unclear.error.contains("FF0842"), "\(unclear.error)")
            let unlock = try await program.run("unlock", name, "--env", "lab", "--reason", "test")
            #expect(unlock.status == 4, "\(unlock.error)")
            _ = try await hosts[1].inspect("systemctl start ssh.socket || systemctl start ssh")
        }
    }

    @Test func `what somebody changes after an undo is drift`() async throws {
        let role = "tasks: [{ id: f, file: { path: ROOT/f, content: new } }]"
        try await Program.withLocalRole(role) { program, root in
            try write(["f": "old"], below: root)
            #expect(try await program.run("setup").status == 0)
            #expect(try await program.run("undo", "last").status == 0)
            #expect(try await program.run("drift").status == 0)
            try write(["f": "his"], below: root)
            let drift = try await program.run("drift")
            #expect(drift.status == 2, "\(drift.output)\(drift.error)")
        }
    }

    @Test(.hosts(1))
    func `a run is found by its beginning, and one that nobody knows is bad input`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        let role = "tasks: [{ id: f, file: { path: /etc/f, content: x } }]"
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            let none = try await program.run("undo", "last", "--env", "lab")
            #expect(none.status == 65)
            #expect(none.error.contains("They remember none at all."))
            #expect(try await program.run("setup", "--env", "lab").status == 0)
            let unknown = try await program.run("undo", "19700101", "--env", "lab")
            #expect(unknown.status == 65)
            #expect(unknown.error.contains("FF0840"))
            #expect(unknown.error.contains("setup by "))
            let run = try #require(unknown.error.firstMatch(of: /\d{8}T\d{6}Z-\w{6}/)).0
            let undo = try await program.run(
                "undo", String(run.prefix(17)), "--env", "lab", "--json")
            #expect(undo.status == 0, "\(undo.error)")
            #expect(undo.changed == ["\(host.name)/test/f"])
            #expect(undo.output.contains(#""run":"\#(run)","put_back":1,"already":0"#))
        }
    }

    @Test(.hosts(1))
    func `nothing that can be put back is status 1, and says why`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        let role = """
            tasks:
              - id: file
                file: { path: /etc/f, content: x }
            """
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            #expect(try await program.run("setup", "--env", "lab").status == 0)
            _ = try await host.inspect("echo mine >/etc/f")
            let undo = try await program.run("undo", "last", "--env", "lab")
            #expect(undo.status == 1)
            #expect(undo.error.contains("Left alone, because it was changed again since:"))
            #expect(try await host.inspect("cat /etc/f").outputText == "mine\n")
        }
    }

    @Test(.hosts(1))
    func `a handler takes the configuration that was put back in, once`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        _ = try await host.inspect(
            """
            echo old >/etc/watched.conf
            printf '[Service]\\nExecStart=/bin/sh -c "cat /etc/watched.conf >>/run/seen; exec sleep 1d"\\n' \
            >/etc/systemd/system/watching.service
            systemctl daemon-reload; systemctl start watching
            """)
        let role = """
            tasks:
              - id: configuration
                file: { path: /etc/watched.conf, content: "new\\n" }
                notify: [reread]
            handlers:
              - id: reread
                service: { name: watching, state: restarted }
            """
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            #expect(try await program.run("setup", "--env", "lab").status == 0)
            let undo = try await program.run("undo", "last", "--env", "lab", "--json")
            #expect(undo.status == 0, "\(undo.output)\(undo.error)")
            let name = host.name
            #expect(undo.changed == ["\(name)/test/configuration", "\(name)/test/reread"])
            #expect(try await host.inspect("cat /run/seen").outputText == "old\nnew\nold\n")
            let run = try #require(undo.output.firstMatch(of: /"run":"([^"]+)","put_back"/)).1
            let again = try await program.run("undo", String(run), "--env", "lab", "--json")
            #expect(again.changed == [], "\(again.output)")
            // The playbooks want it otherwise, and the handler knows.
            let setup = try await program.run("setup", "--env", "lab", "--json")
            #expect(setup.changed == ["\(name)/test/configuration", "\(name)/test/reread"])
            #expect(try await host.inspect("cat /run/seen").outputText == "old\nnew\nold\nnew\n")
        }
    }

    /// The same program on a machine that knows of no run: only how hosts are reached.
    private static func stranger(to program: Program) throws -> Program {
        let home = program.home + "-of-another"
        try FileManager.default.createDirectory(
            atPath: home, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: "\(program.home)/.ssh", toPath: "\(home)/.ssh")
        return Program(home: home, playbooks: program.playbooks)
    }
}
