internal import Loop

/// Something about lab hosts or this machine that keeps a test from meaning anything.
///
/// A test that is skipped for such a fact is skipped even where nothing else may be.
public enum MachineFact: String, CaseIterable, Hashable, Sendable {
    case auditIsOuter = "audit-is-outer"
    case clockIsOuter = "clock-is-outer"
    case kernelSettingsAreOuter = "kernel-settings-are-outer"
    case modulesAreOuter = "modules-are-outer"
    case noBlockDevices = "no-block-devices"
    case memoryIsUnbounded = "memory-is-unbounded"
    case noSlowLinks = "no-slow-links"
    case noAnsible = "no-ansible"
    case mountingIsRefused = "mounting-is-refused"
    case noImmutableFiles = "no-immutable-files"
    case runsSystemd = "runs-systemd"

    /// What the operator reads beside the skipped test.
    public var explanation: String {
        switch self {
        case .auditIsOuter: "the kernel's audit serves the machine, not its hosts: no auditd"
        case .clockIsOuter: "the clock is the machine's: no host may set it, so no chronyd"
        case .kernelSettingsAreOuter: "hosts may set the kernel's net.* alone"
        case .modulesAreOuter: "hosts load no kernel modules"
        case .noBlockDevices: "hosts have neither loop devices nor swap"
        case .memoryIsUnbounded: "this machine's cgroup2 has no memory controller"
        case .noSlowLinks: "this kernel has no netem"
        case .noAnsible: "Tools/rivals cannot install ansible-core here"
        case .mountingIsRefused: "this machine lets nobody mount a small file system to fill"
        case .runsSystemd: "this machine runs systemd: there is no host without it"
        case .noImmutableFiles:
            "this kernel's tmpfs knows no immutable files, or there is no chattr"
        }
    }

    /// Whether it is so here. What follows from a host being a container is so everywhere.
    public var holds: Bool {
        get async {
            switch self {
            case .auditIsOuter, .clockIsOuter, .kernelSettingsAreOuter, .modulesAreOuter,
                .noBlockDevices:
                true
            case .memoryIsUnbounded:
                !(await succeeds("grep -qsw memory /sys/fs/cgroup/cgroup.controllers"))
            case .noSlowLinks:
                !(await succeeds("unshare --net tc qdisc add dev lo root netem delay 1ms"))
            case .noAnsible:
                !(await succeeds("\"$0\"", Self.rivals))
            case .mountingIsRefused:
                !(await succeeds(Self.onSmallDisk("true")))
            case .runsSystemd:
                await succeeds("test -d /run/systemd/system")
            case .noImmutableFiles:
                !(await succeeds(Self.onSmallDisk("touch f && chattr +i f && chattr -i f")))
            }
        }
    }

    /// In the source tree, as the lab's own script is.
    private static let rivals =
        "\(#filePath.dropLast("Tests/Lab/MachineFact.swift".count))Tools/rivals"

    private static func onSmallDisk(_ command: String) -> String {
        """
        folder=$(mktemp -d) || exit
        mount -t tmpfs -o size=64k tmpfs "$folder" && {
        (cd "$folder" && \(command))
        status=$?
        umount "$folder"
        rmdir "$folder"
        exit $status
        }
        """
    }

    private func succeeds(_ script: String, _ arguments: String...) async -> Bool {
        let result = try? await ChildProcess.collect(
            Command("/bin/sh", ["-c", script] + arguments))
        return result?.exit.isSuccess ?? false
    }
}
