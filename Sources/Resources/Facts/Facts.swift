public import Template

/// What is known of a host: the variable `facts` of its tasks.
public struct Facts: Sendable {
    /// A map whose keys are exactly those of ``shape``; what a host does not tell is null.
    public let value: Value

    /// Which facts there are, to find a misspelt one before any host is asked.
    public static let shape: ValueShape = .keys([
        "os": .keys([
            "id": .anything, "version": .anything, "codename": .anything, "name": .anything,
            "like": .anything,
        ]),
        "kernel": .keys(["release": .anything]),
        "architecture": .anything,
        "debian_architecture": .anything,
        "hostname": .anything,
        "fqdn": .anything,
        "domain": .anything,
        "processors": .keys(["count": .anything, "model": .anything]),
        "memory": .keys(["total": .anything, "available": .anything]),
        "swap": .keys(["total": .anything]),
        "disks": .anything,
        "network": .keys([
            "interfaces": .anything, "addresses": .anything, "default_interface": .anything,
            "default_address": .anything, "default_gateway": .anything,
        ]),
        "virtualization": .anything,
        "container": .anything,
        "systemd": .keys(["running": .anything, "user_manager": .anything]),
        "init": .anything,
        "package_manager": .anything,
        "time_zone": .anything,
        "boot_id": .anything,
        "uptime": .anything,
        "user": .keys(["name": .anything, "uid": .anything, "root": .anything]),
    ])

    init(_ sources: FactSources) {
        let network = NetworkFacts(sources)
        let hostname = sources.text("/proc/sys/kernel/hostname") ?? "localhost"
        let fqdn = Self.fullName(of: hostname, sources)
        let machine =
            sources.text("/proc/sys/kernel/arch") ?? sources.one("arch") ?? "unknown"
        let uid = sources.entry("Uid", in: "/proc/self/status").flatMap { line in
            line.split { $0 == "\t" || $0 == " " }.first.flatMap { Int($0) }
        }
        value = [
            "os": Self.system(sources),
            "kernel": ["release": Value(sources.text("/proc/sys/kernel/osrelease"))],
            "architecture": .string(machine),
            "debian_architecture": .string(Self.debianNames[machine] ?? machine),
            "hostname": .string(hostname),
            "fqdn": .string(fqdn),
            "domain": .string(String(fqdn.drop { $0 != "." }.dropFirst())),
            "processors": Self.processors(sources),
            "memory": [
                "total": Self.memory("MemTotal", sources),
                "available": Self.memory("MemAvailable", sources),
            ],
            "swap": ["total": Self.memory("SwapTotal", sources)],
            "disks": Self.disks(sources),
            "network": network.value,
            "virtualization": Value(Self.virtualization(sources)),
            "container": .bool(Self.container(sources) != nil),
            "systemd": [
                "running": .bool(sources.one("systemd") == "yes"),
                "user_manager": .bool(sources.one("user_manager") == "yes"),
            ],
            "init": sources.one("systemd") == "yes"
                ? "systemd" : Value(sources.text("/proc/1/comm")),
            "package_manager": Value(
                sources.one("package_manager").map { $0 == "apt-get" ? "apt" : $0 }),
            "time_zone": Value(Self.timeZone(sources)),
            "boot_id": Value(sources.text("/proc/sys/kernel/random/boot_id")),
            "uptime": sources.text("/proc/uptime")
                .flatMap { Double($0.prefix { $0 != " " }) }.map { .int(Int($0)) } ?? .null,
            "user": [
                "name": Value(sources.one("user")), "uid": uid.map { .int($0) } ?? .null,
                "root": .bool(uid == 0),
            ],
        ]
    }

    private static let debianNames = [
        "x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf", "i686": "i386",
        "ppc64le": "ppc64el", "s390x": "s390x", "riscv64": "riscv64",
    ]
}

extension Value {
    fileprivate init(_ text: String?) {
        self = text.map { .string($0) } ?? .null
    }
}

extension Facts {
    /// os-release(5).
    private static func system(_ sources: FactSources) -> Value {
        let path =
            sources.files["/etc/os-release"] == nil ? "/usr/lib/os-release" : "/etc/os-release"
        var release: [String: String] = [:]
        for line in sources.lines(path) {
            guard let sign = line.firstIndex(of: "=") else { continue }
            let value = line[line.index(after: sign)...].trimmed
            let isQuoted = value.count >= 2 && (value.first == "\"" || value.first == "'")
            release[String(line[..<sign])] =
                isQuoted ? String(value.dropFirst().dropLast()) : value
        }
        let like = release["ID_LIKE"]?.split(separator: " ").map { Value.string(String($0)) }
        return [
            "id": Value(release["ID"]),
            "version": Value(release["VERSION_ID"]),
            "codename": Value(release["VERSION_CODENAME"]),
            "name": Value(release["PRETTY_NAME"]),
            "like": .list(like ?? []),
        ]
    }

    /// The canonical name of `/etc/hosts` for the host's own name, else that itself.
    private static func fullName(of hostname: String, _ sources: FactSources) -> String {
        for line in sources.lines("/etc/hosts") {
            let names = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.dropFirst()
            if names.contains(where: { $0 == hostname }), let full = names.first,
                full.hasPrefix(hostname + ".")
            {
                return String(full)
            }
        }
        return hostname
    }

    /// `0-3,6` counts five.
    private static func processors(_ sources: FactSources) -> Value {
        let ranges = sources.text("/sys/devices/system/cpu/online")?.split(separator: ",") ?? []
        let count = ranges.reduce(0) { sum, range in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, last >= first else { return sum }
            return sum + last - first + 1
        }
        return [
            "count": .int(count == 0 ? 1 : count),
            "model": Value(sources.entry("model name", in: "/proc/cpuinfo")),
        ]
    }

    /// An entry of meminfo, in bytes.
    private static func memory(_ name: String, _ sources: FactSources) -> Value {
        let words = sources.entry(name, in: "/proc/meminfo")?.split(separator: " ")
        return words?.first.flatMap { Int($0) }.map { .int($0 << 10) } ?? .null
    }

    private static func disks(_ sources: FactSources) -> Value {
        let lines = sources.disks.split(separator: "\n").dropFirst()
        return .list(
            lines.compactMap { line in
                let words = line.split(separator: " ", maxSplits: 4)
                guard words.count == 5, let size = Int(words[1]), let free = Int(words[2]) else {
                    return nil
                }
                return [
                    "mount": .string(words[4].trimmed), "device": .string(String(words[3])),
                    "type": .string(String(words[0])), "size": .int(size), "free": .int(free),
                ]
            })
    }

    /// The kind of container that the host is, if it is one: it shares its kernel with others.
    private static func container(_ sources: FactSources) -> String? {
        sources.text("/run/systemd/container") ?? sources.one("container")
    }

    private static func virtualization(_ sources: FactSources) -> String? {
        if let container = container(sources) { return container }
        let makers = [
            ("QEMU", "kvm"), ("KVM", "kvm"), ("VMware", "vmware"), ("innotek", "virtualbox"),
            ("Amazon EC2", "amazon"), ("Microsoft", "hyper-v"), ("Google", "google"),
            ("Xen", "xen"), ("DigitalOcean", "kvm"), ("Hetzner", "kvm"),
        ]
        let name =
            "\(sources.text("/sys/class/dmi/id/sys_vendor") ?? "") "
            + (sources.text("/sys/class/dmi/id/product_name") ?? "")
        let flags = sources.entry("flags", in: "/proc/cpuinfo")?.split(separator: " ") ?? []
        guard flags.contains("hypervisor") else { return nil }
        return makers.first { name.contains($0.0) }?.1 ?? "unknown"
    }

    private static func timeZone(_ sources: FactSources) -> String? {
        if let zone = sources.text("/etc/timezone") { return zone }
        guard let path = sources.one("zone") else { return nil }
        let root = "/usr/share/zoneinfo/"
        return path.hasPrefix(root) ? String(path.dropFirst(root.count)) : nil
    }
}
