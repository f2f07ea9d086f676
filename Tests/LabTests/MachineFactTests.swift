import Lab
import LabTraits
import Testing

/// A fact excuses tests from running, so that it is one must be seen.
@Suite struct MachineFactTests {
    @Test(.hosts(1), arguments: MachineFact.allCases.filter { !ofTheMachine.contains($0) })
    func aFactHoldsExactlyWhereAHostCannotDoWhatItSays(fact: MachineFact) async throws {
        let attempt = try await LabHost.leased[0].ssh(
            Self.attempts[fact] ?? "false", as: "root")
        let holds = await fact.holds
        #expect(attempt.exit.isSuccess == !holds, "\(attempt.outputText)\(attempt.errorText)")
    }

    @Test func eachFactIsTriedOut() {
        #expect(Set(Self.attempts.keys).union(Self.ofTheMachine) == Set(MachineFact.allCases))
    }

    /// Those that hosts have no part in: what they ask is its own attempt.
    private static let ofTheMachine: Set<MachineFact> = [.noAnsible, .runsSystemd]

    /// What succeeds where the fact does not hold.
    private static let attempts: [MachineFact: String] = [
        .auditIsOuter: """
        export DEBIAN_FRONTEND=noninteractive
        apt-get -qq update && apt-get -qq install -y auditd && systemctl start auditd
        """,
        .clockIsOuter: "date --set=now",
        .kernelSettingsAreOuter: "cat /proc/sys/vm/swappiness >/proc/sys/vm/swappiness",
        // init_module(2) of nothing: EPERM (1) only for those who may load no modules.
        .modulesAreOuter: """
        python3 -c 'import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        libc.init_module(None, 0, b"")
        raise SystemExit(ctypes.get_errno() == 1)'
        """,
        .noBlockDevices: "truncate --size 1M /root/disk && losetup --find /root/disk",
        // Succeeds where a process is killed for having more than it may.
        .memoryIsUnbounded: """
        ! systemd-run --quiet --wait --property MemoryMax=30M --property MemorySwapMax=0 \
            python3 -c 'bytearray(200_000_000)'
        """,
        .mountingIsRefused: "mount -t tmpfs -o size=64k tmpfs /mnt && umount /mnt",
        .noImmutableFiles: """
        mount -t tmpfs -o size=64k tmpfs /mnt && touch /mnt/f && chattr +i /mnt/f &&
            chattr -i /mnt/f && umount /mnt
        """,
        .noSlowLinks: "tc qdisc add dev host0 root netem delay 1ms",
    ]
}
