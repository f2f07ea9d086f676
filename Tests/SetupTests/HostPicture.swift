import Lab

/// What an onlooker who knows nothing of finflowctl sees of a host: each file's inode and times,
/// since when each service runs, and the kernel's packet filter.
struct HostPicture: Sendable {
    let lines: [String]

    private static let script = """
        find /etc /opt /root /home /usr/local /var/lib/finflow /var/spool/cron -xdev \
        -printf '%i %T@ %C@ %m %u %g %p\\n' 2>/dev/null | sort -k 7
        systemctl show --property=Id,ActiveEnterTimestampMonotonic,ExecMainPID \
        chrony.service ssh.service fail2ban.service docker.service nftables.service \
        prometheus.service prometheus-alertmanager.service prometheus-node-exporter.service \
        systemd-journald.service
        nft --stateless list ruleset
        """

    static func take(of hosts: [LabHost]) async throws -> [HostPicture] {
        var pictures: [HostPicture] = []
        for host in hosts {
            let text = try await host.inspect(script).outputText
            pictures.append(HostPicture(lines: text.split(separator: "\n").map(String.init)))
        }
        return pictures
    }

    /// Without the times of directories, in which a file that was refused has been and gone, and
    /// without finflowctl's own notes of what it tried, by which handlers are due.
    var settled: HostPicture {
        HostPicture(
            lines: lines.filter { line in
                let path = line.split(separator: " ").last.map(String.init) ?? ""
                guard !path.hasPrefix("/var/lib/finflow/") else { return false }
                let holds = lines.contains { $0.contains(" \(path)/") }
                return !(path.hasPrefix("/") && holds)
            })
    }

    func differences(to other: HostPicture) -> [String] {
        let (was, now) = (Set(lines), Set(other.lines))
        return lines.filter { !now.contains($0) }.map { "- \($0)" }
            + other.lines.filter { !was.contains($0) }.map { "+ \($0)" }
    }
}
