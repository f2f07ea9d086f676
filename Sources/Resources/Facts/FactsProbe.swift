public import Hosts

/// What there is to know of a host, for the price of four processes: one `head` for all files of
/// the kernel and the system, `df`, `ip` and, on kernels before 6.1, `uname`.
public struct FactsProbe: Probe {
    public init() {}

    /// The files whose beginnings are read.
    static let files = [
        "/etc/os-release", "/usr/lib/os-release", "/etc/hosts", "/etc/timezone",
        "/proc/sys/kernel/osrelease", "/proc/sys/kernel/arch", "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/random/boot_id", "/proc/uptime", "/proc/meminfo", "/proc/1/comm",
        "/proc/self/status", "/proc/net/route", "/proc/net/ipv6_route", "/proc/cpuinfo",
        "/sys/devices/system/cpu/online", "/sys/class/dmi/id/sys_vendor",
        "/sys/class/dmi/id/product_name", "/run/systemd/container",
    ]

    public static func script(for questions: [FactsProbe]) -> ShellScript {
        // `head` says which file each part is of; what is not there it leaves out. NUL parts the
        // sections: none of these files holds one.
        """
        say() { printf '%s\\n' "$@"; }
        head -v -c 16384 -- \(files) 2>/dev/null
        printf '\\0'
        df -l -B1 -x tmpfs -x devtmpfs -x squashfs -x efivarfs \
        --output=fstype,size,avail,source,target 2>/dev/null
        printf '\\0'
        if command -v ip >/dev/null; then ip -o addr show 2>/dev/null; fi
        printf '\\0'
        [ -r /proc/sys/kernel/arch ] || say arch="$(uname -m)"
        [ -s /etc/timezone ] || say zone="$(readlink -f /etc/localtime 2>/dev/null)"
        for tool in apt-get dnf yum zypper apk pacman; do
          command -v $tool >/dev/null && { say package_manager=$tool; break; }
        done
        [ ! -d /run/systemd/system ] || say systemd=yes
        [ ! -e /.dockerenv ] || say container=docker
        [ ! -e /run/.containerenv ] || say container=podman
        runtime="${XDG_RUNTIME_DIR:-/run/user/${SUDO_UID:-$(id -u)}}"
        [ ! -S "$runtime/systemd/private" ] || say user_manager=yes
        say user="${SUDO_USER:-${USER:-${LOGNAME:-}}}"
        for interface in /sys/class/net/*; do
          [ -d "$interface" ] || continue
          address= state=
          read -r address < "$interface/address"
          read -r state < "$interface/operstate"
          say interface="${interface##*/} $address $state"
        done 2>/dev/null
        :
        """
    }

    public static func answers(
        to questions: [FactsProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [FactsProbe: Facts] {
        let sections = output.split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard sections.count == 4 else { throw ProbeError("its facts are cut short") }
        let facts = Facts(
            FactSources(
                files: files(in: sections[0]), disks: sections[1], addresses: sections[2],
                said: sections[3]))
        return Dictionary(questions.map { ($0, facts) }, uniquingKeysWith: { first, _ in first })
    }

    /// What `head -v` printed, by path: each part has a line `==> PATH <==` before it.
    private static func files(in text: String) -> [String: String] {
        var result: [String: String] = [:]
        var path: String?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("==> "), line.hasSuffix(" <=="),
                let known = files.first(where: { $0 == line.dropFirst(4).dropLast(4) })
            {
                path = known
                result[known] = ""
            } else if let path {
                result[path, default: ""] += line + "\n"
            }
        }
        return result
    }
}
