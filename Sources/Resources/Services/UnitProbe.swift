public import Hosts

/// Which systemd answers for a unit: the machine's, or that of the user whom the task runs as.
public enum UnitScope: String, Hashable, Sendable {
    case system, user

    /// How its `systemctl` is called; a user's needs the directory of the user's bus.
    var systemctl: ShellScript {
        switch self {
        case .system: "systemctl"
        case .user:
            "XDG_RUNTIME_DIR=\"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}\" systemctl --user"
        }
    }
}

/// The state of a unit; all units of a manager are asked for with one `systemctl show`.
public struct UnitProbe: Probe {
    /// With its suffix: `chrony.service`.
    public let unit: String
    public let scope: UnitScope

    public init(_ unit: String, scope: UnitScope = .system) {
        self.unit = unit
        self.scope = scope
    }

    private static let properties = [
        "Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "NeedDaemonReload",
        "SourcePath", "WantedBy", "RequiredBy", "TriggeredBy",
    ]

    public static func script(for questions: [UnitProbe]) -> ShellScript {
        var parts: [ShellScript] = ["command -v systemctl >/dev/null || { echo missing; return; }"]
        for (scope, units) in grouped(questions) {
            parts.append(
                """
                printf 'scope=%s\\n' \(scope.rawValue)
                \(scope.systemctl) show \
                --property=\(properties.joined(separator: ",")) -- \(units) 2>&1 || :
                """)
        }
        return parts.joined()
    }

    private static func grouped(
        _ questions: [UnitProbe]
    ) -> [(scope: UnitScope, units: [String])] {
        [UnitScope.system, .user].compactMap { scope in
            let units = Set(questions.filter { $0.scope == scope }.map(\.unit)).sorted()
            return units.isEmpty ? nil : (scope, units)
        }
    }

    public static func answers(
        to questions: [UnitProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [UnitProbe: UnitState] {
        let text = String(decoding: output, as: UTF8.self)
        guard text != "missing\n" else { throw ProbeError("it has no systemd") }
        var answers: [UnitProbe: UnitState] = [:]
        let sections = text.split(separator: "scope=")
        for (section, (scope, units)) in zip(sections, grouped(questions)) {
            let body = section.drop { $0 != "\n" }
            let blocks = blocks(of: body.split(separator: "\n", omittingEmptySubsequences: false))
            guard blocks.count == units.count else {
                let said = body.split(separator: "\n").first ?? "nothing"
                throw ProbeError("its systemd (\(scope)) said: \(said)")
            }
            for (unit, properties) in zip(units, blocks) {
                answers[UnitProbe(unit, scope: scope)] = UnitState(properties)
            }
        }
        return answers
    }

    /// One block of properties a unit, in the order of the question, parted by empty lines.
    private static func blocks(of lines: [Substring]) -> [[String: String]] {
        lines.split(separator: "").map { block in
            var properties: [String: String] = [:]
            for line in block {
                guard let sign = line.firstIndex(of: "=") else { continue }
                properties[String(line[..<sign])] = String(line[line.index(after: sign)...])
            }
            return properties
        }.filter { $0["LoadState"] != nil }
    }
}

/// What systemd says of a unit, in its own words.
public struct UnitState: Hashable, Sendable {
    public var load: String
    public var active: String
    public var sub: String
    /// `enabled`, `disabled`, `static`, …; empty where there is no unit file.
    public var file: String
    /// Its files are newer than what systemd has read.
    public var needsReload: Bool
    /// The unit that an alias is another name of; empty where it was not told.
    public var id: String
    /// What it was generated from: an entry of `/etc/fstab`, a script of `/etc/init.d`.
    public var source: String
    /// The units that start it.
    public var starters: [String]

    public init(
        load: String = "loaded", active: String = "active", sub: String = "running",
        file: String = "enabled", needsReload: Bool = false, id: String = "",
        source: String = "", starters: [String] = []
    ) {
        self.load = load
        self.active = active
        self.sub = sub
        self.file = file
        self.needsReload = needsReload
        self.id = id
        self.source = source
        self.starters = starters
    }

    fileprivate init(_ properties: [String: String]) {
        self.init(
            load: properties["LoadState"] ?? "", active: properties["ActiveState"] ?? "",
            sub: properties["SubState"] ?? "", file: properties["UnitFileState"] ?? "",
            needsReload: properties["NeedDaemonReload"] == "yes", id: properties["Id"] ?? "",
            source: properties["SourcePath"] ?? "",
            starters: ["WantedBy", "RequiredBy", "TriggeredBy"].flatMap { name in
                (properties[name] ?? "").split(separator: " ").map(String.init)
            })
    }

    public var exists: Bool { load != "not-found" }
    public var isMasked: Bool { load == "masked" || file.hasPrefix("masked") }

    /// Whether it starts with the machine. `enabled-runtime` is forgotten by then. What has no
    /// [Install] section is started by units that name it, or is not.
    public var isEnabled: Bool {
        switch file {
        case "enabled", "alias": true
        case "static", "generated": !starters.isEmpty
        default: false
        }
    }

    /// Whether nothing is left to do for it to be enabled, or not to be.
    ///
    /// Without an [Install] section it is neither: to be enabled it is enough that something
    /// starts it, and to be disabled that a boot does not.
    func isEnabled(as wanted: Bool) -> Bool {
        guard file == "static" || file == "generated" && !isInitScript else {
            return isEnabled == wanted
        }
        return wanted ? isEnabled : Self.bootTargets.isDisjoint(with: starters)
    }

    /// What each boot reaches (bootup(7)).
    private static let bootTargets: Set = [
        "default.target", "graphical.target", "multi-user.target", "basic.target",
        "sysinit.target", "sockets.target", "timers.target", "paths.target", "slices.target",
        "local-fs.target", "local-fs-pre.target", "remote-fs.target", "network.target",
        "network-online.target", "getty.target", "cryptsetup.target", "swap.target",
    ]

    /// A script of `/etc/init.d`, which is enabled and disabled like a unit of systemd.
    var isInitScript: Bool { file == "generated" && source.hasPrefix("/etc/init.d/") }

    /// Up, or on its way there; a service that systemd restarts because it crashed is neither.
    public var isRunning: Bool {
        switch active {
        case "active", "reloading", "refreshing": true
        case "activating": sub != "auto-restart"
        default: false
        }
    }
}
