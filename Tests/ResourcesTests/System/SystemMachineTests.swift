import Hosts
import Lab
import LabTraits
import TaskGraph
import Template
import Testing
import Vocabulary

@testable import Resources

@Suite("sysctl, kernel_module, mount, hostname, timezone") struct SystemMachineTests {
    @Test(.hosts(1)) func aSettingIsLiveAndKept() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(
            SysctlResource.reading(["key": "net.ipv4.ip_forward", "value": 1]))
        #expect(try await host.look("cat /proc/sys/net/ipv4/ip_forward") == "1")
        #expect(
            try await host.look("cat /etc/sysctl.d/99-zz-finflow-net.ipv4.ip_forward.conf")
                == "net.ipv4.ip_forward = 1")
        try await host.converge(
            SysctlResource.reading([
                "key": "net.ipv4.ip_local_port_range", "value": "20000 60000",
            ]))
        // Somebody changes it by hand.
        _ = try await host.look("echo 0 > /proc/sys/net/ipv4/ip_forward")
        let again = try await host.converge(
            SysctlResource.reading(["key": "net.ipv4.ip_forward", "value": 1]))
        #expect(again == [Change(.update, "net.ipv4.ip_forward", before: "0", after: "1")])
    }

    @Test(.hosts(1)) func aSettingThatIsReadOnlyIsAClearErrorUnlessItIsForTheNextBoot() async throws
    {
        let host = TestSession(host: LabHost.leased[0])
        let swappiness: Value = ["key": "vm.swappiness", "value": 7]
        let error = try await #require(throws: Diagnostics.self) {
            try await host.plan(SysctlResource.reading(swappiness))
        }
        #expect(error.all.map(\.code) == [.readOnlySetting])
        try await host.converge(
            SysctlResource.reading(["key": "vm.swappiness", "value": 7, "live": false]))
        #expect(try await host.look("cat /etc/sysctl.d/*swappiness*") == "vm.swappiness = 7")
    }

    @Test func dotsAndSlashesNameTheSameSetting() throws {
        let dotted = try SysctlResource.reading(["key": "net.ipv4.ip_forward", "value": 1])
        let slashed = try SysctlResource.reading(["key": "net/ipv4/ip_forward", "value": 1])
        #expect(dotted.thing == slashed.thing)
        let vlan = try SysctlResource.reading([
            "key": "net.ipv4.conf.eth0/100.forwarding", "value": 1,
        ])
        #expect(vlan.thing == .other(kind: "sysctl", name: "net/ipv4/conf/eth0.100/forwarding"))
    }

    @Test func aModuleIsLoadedOrKeptOut() throws {
        let module = try KernelModuleResource.reading(["name": "br-netfilter"])
        let load = SmallFileProbe("/etc/modules-load.d/finflow-br-netfilter.conf")
        let block = SmallFileProbe("/etc/modprobe.d/finflow-br-netfilter.conf")
        let absent = Answers.to(KernelModuleProbe("br_netfilter"), false)
            .and(load, .absent).and(block, .absent)
        let plan = try module.plan(absent)
        #expect(plan.changes.map(\.what) == [load.path, "br-netfilter"])
        #expect(plan.action?.script.shown.contains("modprobe -- br-netfilter") == true)
        let there = Answers.to(KernelModuleProbe("br_netfilter"), true)
            .and(load, .regular("br-netfilter\n")).and(block, .absent)
            .and(
                SecretRecordProbe(path: load.path, stateDirectory: "/var/lib/finflow"),
                SecretRecordProbe.Answer.none)
        #expect(try module.plan(there).changes.isEmpty)
        let barred = try KernelModuleResource.reading(
            ["name": "br-netfilter", "state": "blacklisted"])
        #expect(try barred.plan(there).changes.map(\.kind) == [.delete, .create, .update])
    }

    @Test(.hosts(1)) func fileSystemsAreMountedRemountedAndGivenUp() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look("printf '# kept\\nproc /proc proc defaults 0 0' > /etc/fstab")
        func mount(_ more: (String, Value)...) throws -> MountResource {
            var value: Value = [
                "path": "/srv/a cache", "source": "tmpfs", "type": "tmpfs", "options": "size=1m",
            ]
            if case .map(var map) = value {
                for (key, new) in more { map[key] = new }
                value = .map(map)
            }
            return try MountResource.reading(value)
        }
        try await host.converge(mount())
        #expect(try await host.look("findmnt -n -o FSTYPE '/srv/a cache'") == "tmpfs")
        try await host.converge(mount(("options", "size=2m")))
        #expect(try await host.look("findmnt -n -o OPTIONS '/srv/a cache'").contains("size=2048k"))
        #expect(
            try await host.look("cat /etc/fstab") == """
                # kept
                proc /proc proc defaults 0 0
                tmpfs /srv/a\\040cache tmpfs size=2m 0 0
                """)
        try await host.converge(MountResource.reading(["path": "/srv/a cache", "state": "absent"]))
        #expect(try await host.look("findmnt '/srv/a cache'; true") == "")
        #expect(
            try await host.look("cat /etc/fstab") == "# kept\nproc /proc proc defaults 0 0")
    }

    @Test(.hosts(1)) func aHostGetsItsName() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(
            HostnameResource.reading(["name": "app-1", "domain": "finflow.internal"]))
        #expect(try await host.look("uname -n; cat /etc/hostname") == "app-1\napp-1")
        #expect(
            try await host.look("getent hosts app-1 | tr -s ' '").hasSuffix(
                "app-1.finflow.internal app-1"))
        #expect(try await host.facts().map?["fqdn"] == "app-1.finflow.internal")
        _ = try await host.look("hostname h001")
    }

    @Test(.hosts(1)) func aHostGetsItsTimeZone() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(TimezoneResource.reading(["name": "Europe/Zurich"]))
        #expect(
            try await host.look("readlink -f /etc/localtime; cat /etc/timezone")
                == "/usr/share/zoneinfo/Europe/Zurich\nEurope/Zurich")
        #expect(try await host.facts().map?["time_zone"] == "Europe/Zurich")
        let nowhere = try TimezoneResource.reading(["name": "Europe/Atlantis"])
        await #expect(throws: ActionError.self) { try await host.apply(nowhere) }
    }

    @Test(arguments: [
        ("nfs", "nfs4", "defaults"), ("auto", "ext4", "defaults"),
        ("sshfs", "fuse.sshfs", "defaults"),
        ("ext4", "ext4", "bind"),
    ])
    func whatTheKernelCallsOtherwiseIsMountedAlready(
        type: String, mounted: String, options: String
    ) throws {
        let mount = try MountResource.reading([
            "path": "/data", "source": "server:/data", "type": .string(type),
            "options": .string(options),
        ])
        let observed = MountProbe.Answer(
            entry: ["server:/data", "/data", type, options, "0", "0"],
            mounted: .init(type: mounted, source: "server:/data"))
        #expect(try mount.plan(.to(MountProbe(path: "/data"), observed)).changes.isEmpty)
    }

    @Test func anotherSourceIsMountedInPlaceOfTheOldOne() throws {
        let mount = try MountResource.reading([
            "path": "/data", "source": "UUID=2", "type": "ext4",
        ])
        let observed = MountProbe.Answer(
            entry: ["UUID=1", "/data", "ext4", "defaults", "0", "0"],
            mounted: .init(type: "ext4", source: "/dev/sda1"))
        let plan = try mount.plan(
            .to(MountProbe(path: "/data"), observed).and(SmallFileProbe("/etc/fstab"), .absent))
        #expect(plan.action?.script.shown.contains("umount -- /data\nmount -- /data") == true)
        #expect(plan.action?.script.shown.contains("remount") == false)
    }

    @Test(.hosts(1)) func anFstabOfOthersKeepsEveryOtherLineItsOwnerAndItsMode() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let others = """
            # /etc/fstab: static
            UUID=1-2  /boot\\040old\text4  ro,noauto 0  2

            #tmpfs /data tmpfs defaults 0 0
            """
        _ = try await host.look(
            "printf '\(others.replacing("\n", with: "\\n"))' > /etc/fstab; chmod 640 /etc/fstab; chgrp adm /etc/fstab"
        )
        let before = try await host.look("cat /etc/fstab")
        try await host.converge(
            MountResource.reading(["path": "/data", "source": "tmpfs", "type": "tmpfs"]))
        #expect(
            try await host.look("cat /etc/fstab") == before + "\ntmpfs /data tmpfs defaults 0 0")
        #expect(try await host.look("stat -c '%a %G' /etc/fstab") == "640 adm")
        try await host.converge(MountResource.reading(["path": "/data", "state": "absent"]))
        #expect(try await host.look("cat /etc/fstab") == before)
        #expect(try await host.look("ls -A /etc | grep finflow; true") == "")
    }
}
