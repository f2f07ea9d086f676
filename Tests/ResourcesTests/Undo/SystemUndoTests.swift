import Hosts
import Lab
import LabTraits
import TaskGraph
import Template
import Testing
import Vocabulary

@testable import Resources

/// On real hosts: changed and put back, a host is as an onlooker saw it before.
@Suite("undo") struct SystemUndoTests {
    /// What is changed and put back. Each type of resource is in one that is always taken; the
    /// others, and going there and back a second time, are a slice of them but for the long run.
    private enum Trip: String, CaseIterable {
        case services, units, settings, mounts, firewall, accounts, keys, packages
        case removedTimer, changedFirewall, removedFirewall, removedAccounts, removedPackage

        private static let variants: [Trip] = [
            .removedTimer, .changedFirewall, .removedFirewall, .removedAccounts, .removedPackage,
        ]
        private static let takenVariants = Slice.of(variants, 2, seed: 41)
        private static let takenTwice = Slice.of(allCases, 4, seed: 43)

        var isTaken: Bool { !Self.variants.contains(self) || Self.takenVariants.contains(self) }
        var isTakenTwice: Bool { Self.takenTwice.contains(self) }
    }

    private func roundTrip(
        _ trip: Trip, _ host: TestSession, _ resources: [any Resource], seen by: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        guard trip.isTaken else { return print("undo, \(trip): in the long run only") }
        let before = try await host.look(by)
        var steps: [String] = []
        for resource in resources {
            steps += try await host.change(resource, sourceLocation: sourceLocation)
        }
        let changed = try await host.look(by)
        #expect(changed != before, "an onlooker sees the change", sourceLocation: sourceLocation)
        let again = try await host.undo(steps, sourceLocation: sourceLocation)
        #expect(try await host.look(by) == before, sourceLocation: sourceLocation)
        guard trip.isTakenTwice else { return print("undo, \(trip): there and back once") }
        try await host.undo(again, sourceLocation: sourceLocation)
        #expect(try await host.look(by) == changed, "undone twice", sourceLocation: sourceLocation)
        try await host.undo(steps, sourceLocation: sourceLocation)
        #expect(try await host.look(by) == before, "and again", sourceLocation: sourceLocation)
    }

    /// Paths as an onlooker sees them, without times.
    private func seeing(_ paths: String, _ more: String = ":") -> String {
        """
        for path in \(paths); do [ -e $path ] || [ -h $path ] || continue
        find $path -printf '%p %y %m %u %g %l\\n' | sort
        find $path -type f -exec sha256sum {} + | sort; done
        \(more)
        """
    }

    @Test(.hosts(1)) func aServiceThatWasStartedStopsAndOneThatWasStoppedRuns() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            """
            printf '[Service]\\nExecStart=/bin/sleep 1d\\n[Install]\\nWantedBy=multi-user.target\\n' \
            > /etc/systemd/system/one.service
            cp /etc/systemd/system/one.service /usr/lib/systemd/system/two.service
            systemctl daemon-reload; systemctl enable --now two
            """)
        try await roundTrip(
            .services,
            host,
            [
                ServiceResource.reading(["name": "one", "state": "running", "enabled": true]),
                ServiceResource.reading(["name": "two", "state": "stopped", "masked": true]),
            ],
            seen: "systemctl is-active one two; systemctl is-enabled one two; :")
    }

    @Test(.hosts(1)) func unitsAndTimersAndCronEntries() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look("systemctl daemon-reload")
        let seen = seeing(
            "/etc/systemd/system /etc/cron.d",
            """
            systemctl is-active report.timer kept.timer; systemctl is-enabled report.timer kept.timer
            systemctl show -p LoadState,Description,NeedDaemonReload worker.service
            systemctl show -p TimersCalendar kept.timer | sed 's/ ; next.*//'; :
            """)
        try await host.converge(
            TimerResource.reading(["name": "kept", "schedule": "daily", "command": "true"]))
        let unit: Value = [
            "name": "worker.service",
            "sections": ["Unit": ["Description": "works"], "Service": ["ExecStart": "/bin/true"]],
        ]
        try await roundTrip(
            .units,
            host,
            [
                SystemdUnitResource.reading(unit),
                SystemdUnitResource.reading([
                    "name": "worker.service", "dropin": "10-nice.conf",
                    "sections": ["Service": ["Nice": 5]],
                ]),
                TimerResource.reading([
                    "name": "report", "schedule": "*-*-* 03:00", "command": "true",
                ]),
                TimerResource.reading(["name": "kept", "schedule": "weekly", "command": "true"]),
                CronResource.reading([
                    "name": "nightly", "schedule": "@daily", "command": "true",
                ]),
            ], seen: seen)
        try await roundTrip(
            .removedTimer,
            host, [TimerResource.reading(["name": "kept", "state": "absent"])], seen: seen)
    }

    @Test(.hosts(1)) func settingsNamesAndZones() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look("printf '127.0.1.1 odd.example odd alias\\n' >> /etc/hosts")
        try await roundTrip(
            .settings,
            host,
            [
                SysctlResource.reading(["key": "net.ipv4.ip_forward", "value": 1]),
                SysctlResource.reading([
                    "key": "net.ipv4.ip_local_port_range", "value": "20000 60000",
                ]),
                HostnameResource.reading(["name": "renamed", "domain": "finflow.internal"]),
                TimezoneResource.reading(["name": "Etc/GMT+3"]),
            ],
            seen: seeing(
                "/etc/sysctl.d /etc/hostname /etc/hosts /etc/timezone /etc/localtime",
                """
                cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_local_port_range
                cat /proc/sys/kernel/hostname; date +%Z
                """))
    }

    @Test(.hosts(1)) func mountsAndTheirLines() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            """
            mkdir -p /mnt/old
            printf '# a table\\n\\ntmpfs /mnt/old tmpfs size=1m 0 0' > /etc/fstab
            mount /mnt/old
            """)
        try await roundTrip(
            .mounts,
            host,
            [
                MountResource.reading([
                    "path": "/mnt/new", "source": "tmpfs", "type": "tmpfs", "options": "size=2m",
                ]),
                MountResource.reading(["path": "/mnt/old", "state": "absent"]),
            ],
            seen: seeing(
                "/etc/fstab /mnt", "awk '/ .mnt/ { print $1, $2, $3 }' /proc/mounts | sort"))
    }

    @Test(.hosts(1)) func theFirewallWithItsLiveTable() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(PackageResource.reading(["name": "nftables"]))
        let seen = seeing(
            "/etc/finflow /etc/systemd/system",
            "nft -s list ruleset; systemctl is-enabled finflow-firewall.service || :")
        let open = try FirewallResource.reading(["allow": [["ports": 22]]])
        try await roundTrip(.firewall, host, [open], seen: seen)
        try await host.converge(open)
        try await roundTrip(
            .changedFirewall,
            host, [FirewallResource.reading(["allow": [["ports": [22, 443]]], "ping": false])],
            seen: seen)
        try await roundTrip(
            .removedFirewall, host, [FirewallResource.reading(["state": "absent"])], seen: seen)
    }

    @Test(.hosts(1)) func accountsWithTheirNumbersAndGroups() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            """
            groupadd --gid 4300 staffers; groupadd --gid 4301 extra
            useradd --uid 4400 --create-home --groups staffers --comment Old old
            """)
        try await roundTrip(
            .accounts,
            host,
            [
                GroupResource.reading(["name": "team", "gid": 4500]),
                UserResource.reading(["name": "fresh", "groups": ["team"], "create_home": false]),
                UserResource.reading([
                    "name": "old", "groups": ["extra", "team"], "shell": "/usr/sbin/nologin",
                    "comment": "New", "uid": 4490,
                ]),
                GroupResource.reading(["name": "staffers", "gid": 4302]),
            ],
            seen: "getent passwd fresh old; getent group team staffers extra fresh old; id old")
        try await roundTrip(
            .removedAccounts,
            host,
            [
                UserResource.reading(["name": "old", "state": "absent"]),
                GroupResource.reading(["name": "staffers", "state": "absent"]),
            ], seen: "getent passwd old; getent group staffers old; id old 2>/dev/null; :")
    }

    @Test(.hosts(1)) func keysThatOpenAnAccount() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"
        _ = try await host.look(
            """
            useradd --create-home keyed; install -d -m 700 -o keyed -g keyed /home/keyed/.ssh
            printf '%s\\n' '# by hand' '\(key)A old' 'no-pty \(key)B other' \
            > /home/keyed/.ssh/authorized_keys
            chown keyed: /home/keyed/.ssh/authorized_keys; chmod 600 /home/keyed/.ssh/authorized_keys
            """)
        // The order of lines is nothing to sshd, and is not put back.
        try await roundTrip(
            .keys,
            host,
            [
                AuthorizedKeyResource.reading(["user": "keyed", "key": .string("\(key)C new")]),
                AuthorizedKeyResource.reading([
                    "user": "keyed", "key": .string("\(key)B other"),
                    "options": "no-pty,no-X11-forwarding",
                ]),
                AuthorizedKeyResource.reading([
                    "user": "keyed", "key": .string("\(key)A old"), "state": "absent",
                ]),
            ], seen: "sort /home/keyed/.ssh/authorized_keys")
    }

    @Test(.hosts(1)) func packagesAreInstalledAndRemovedAgain() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let seen =
            "dpkg-query -W -f '${Package} ${db:Status-Abbrev} ${Version}\\n' jq nftables | grep '^[^ ]* [hi]'; :"
        try await host.converge(PackageResource.reading(["name": "nftables"]))
        try await roundTrip(
            .packages,
            host,
            [
                PackageResource.reading(["name": "jq"]),
                PackageResource.reading(["name": "nftables", "hold": true]),
            ], seen: seen)
        try await roundTrip(
            .removedPackage,
            host, [PackageResource.reading(["name": "nftables", "state": "absent"])], seen: seen)
    }
}
