import Glibc
import Lab
import LabTraits
import Loop
import Testing

@Suite(.labOfItsOwn) struct LeaseTests {
    @Test func endingALeaseLeavesNothingBehind() async throws {
        let lease = try await LabLease.take(count: 2)
        let during = try await Remains.of(lease.site.number)
        #expect(during.processes.count > 10)
        #expect(during.namespace)
        #expect(during.directory)
        #expect(during.cgroups > 10)
        #expect(during.listeners == 2)

        try await lease.end()
        let after = try await Remains.of(lease.site.number)
        #expect(after == Remains.none)
        #expect(during.processes.filter { kill($0, 0) == 0 && !isZombie($0) } == [])
    }

    @Test func hostsDieWithAProgramThatIsKilled() async throws {
        // A program that holds a lease as this one would, and its only way to end it.
        let program = try await ChildProcess.spawn(
            Command(
                "bash",
                [
                    "-c",
                    """
                    coproc LEASE { exec "$0" lease 1; }
                    read -r lab <&${LEASE[0]} && echo "$lab" && read -r
                    """,
                    Lab.script,
                ]))
        let lab = try await LabFolder.lab(in: program)
        #expect(try await Remains.of(lab).processes.isEmpty == false)

        await program.signal(SIGKILL)
        _ = try await program.exit()
        // The lock of a lab is held until nothing is left of it.
        try await LabFolder.awaitUnlocked(lab)
        #expect(try await Remains.of(lab) == Remains.none)
        await program.close()
    }

    @Test func hostsDieWithAHolderThatIsKilledAndTheNextLeaseCleansUp() async throws {
        let lease = try await LabLease.take(count: 1)
        let host = lease.hosts[0]
        let witness = try await ChildProcess.spawn(
            Command("nsenter", ["--target", try await LabFolder.leader(of: host), "--pid", "cat"]))

        try await LabFolder.killHolder(of: lease.site.number)
        // It ends because its namespace's PID 1 did; its own input stays open.
        #expect(try await witness.exit() != .status(0))
        await witness.close()
        try await LabLease.withHosts(1) { _ in }
        #expect(try await Remains.of(lease.site.number) == Remains.none)
    }

    @Test func leasesAtTheSameTimeDoNotMeet() async throws {
        async let taken = [LabLease.take(count: 1), LabLease.take(count: 1)]
        let leases = try await taken
        let hosts = leases.map { $0.hosts[0] }
        #expect(Set(hosts.map(\.address)).count == 2)
        #expect(Set(hosts.map(\.site.namespace)).count == 2)
        _ = try await hosts[0].inspect("touch /etc/mark")
        #expect(try await hosts[1].ssh("test -e /etc/mark").exit == .status(1))
        try await leases[0].end()
        #expect(try await hosts[1].ssh("hostname").outputText == "h001\n")
        try await leases[1].end()
    }

    @Test func twentyHostsRunAtOnce() async throws {
        try await LabLease.withHosts(20) { lease in
            #expect(lease.hosts.count == 20)
            for host in lease.hosts {
                let state = try await host.inspect("systemctl is-system-running --wait")
                #expect(state.outputText == "running\n", "\(host.name)")
            }
        }
    }

    private func isZombie(_ process: pid_t) -> Bool {
        guard let file = fopen("/proc/\(process)/stat", "r") else { return false }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 200)
        let length = fread(&line, 1, line.count, file)
        return String(decoding: line.prefix(length), as: UTF8.self).contains(") Z ")
    }
}
