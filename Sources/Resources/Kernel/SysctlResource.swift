public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `sysctl`: a kernel setting, now and after a boot.
public struct SysctlResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case present, absent
    }

    public var key = ""
    public var value = ""
    public var live = true
    public var state = State.present

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The live value and the file that sets it at boot are as they were.
        """)

    /// The last file that names a setting decides (sysctl.d(5)), and Debian has
    /// `99-sysctl.conf` be `/etc/sysctl.conf`.
    private var file: OwnedFile {
        let name = key.replacing("/", with: ".")
        return OwnedFile("/etc/sysctl.d/99-zz-finflow-\(name).conf", "\(key) = \(value)\n")
    }

    /// sysctl(8): dots and slashes change places, so that `eth0.100` can be named at all.
    private var probe: SysctlProbe {
        let firstSlash = key.firstIndex(of: "/")
        let firstDot = key.firstIndex(of: ".")
        if let firstSlash, firstDot.map({ firstSlash < $0 }) ?? true {
            return SysctlProbe(path: key)
        }
        return SysctlProbe(
            path: String(key.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 }))
    }

    public var thing: HostThing? { .other(kind: "sysctl", name: probe.path) }

    /// A module may bring the setting.
    public var follows: [HostThing] {
        key.hasPrefix("net.bridge.") ? [.other(kind: "kernel module", name: "br_netfilter")] : []
    }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        state == .absent ? "absent" : "\(value) \(live)"
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        file.questions + [probe]
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let observed = try context.answers.answer(file.probe)
        guard state == .present else {
            let changes = OwnedFile.removal(of: file.path, from: observed)
            guard !changes.isEmpty else { return .unchanged }
            let prior = try context.prior(of: file.endangered(observed))
            let removing = OwnedFile.removing(file.path, prior, context)
            return ResourcePlan(
                changes: changes, action: action([removing.script]), undo: removing.undo)
        }
        var changes = file.changes(from: observed)
        var steps: [ShellScript] = []
        var undo: [UndoStep] = []
        if !changes.isEmpty {
            let prior = try context.prior(of: file.endangered(observed))
            let placing = try file.placing(over: prior, context)
            steps.append(placing.script)
            undo = placing.undo
        }
        if live, let change = try liveChange(context) {
            changes.append(change)
            steps.append("printf '%s\\n' \(value) > \("/proc/sys/" + probe.path)")
            if let before = change.before {
                undo.append(
                    KernelSettingResource.step(probe.path, left: value, before: before))
            }
        }
        guard !changes.isEmpty else { return .unchanged }
        return ResourcePlan(changes: changes, action: action(steps), undo: undo)
    }

    private func action(_ steps: [ShellScript]) -> Action {
        Action(
            script: (["set -e"] + steps).joined(), finish: FileFailure(path: file.path).orScript)
    }

    private func liveChange(_ context: PlanContext) throws -> Change? {
        let now = try context.answers.answer(probe)
        guard let present = now.value else {
            if context.followsPendingChanges { return Change(.update, key, after: value) }
            throw context.problem(
                .readOnlySetting, "the kernel has no setting `\(key)`",
                help: "Load its module first, or say `live: false`.")
        }
        guard Self.words(present) != Self.words(value) else { return nil }
        guard now.isWritable else {
            throw context.problem(
                .readOnlySetting,
                "`\(key)` is `\(present.visible)` and read-only on this host, as in a container",
                help: "`live: false` writes only the file for the next boot.")
        }
        return Change(.update, key, before: present, after: value)
    }

    /// The kernel parts numbers by tabs, people by spaces.
    private static func words(_ value: String) -> [Substring] {
        value.split { $0 == " " || $0 == "\t" }
    }
}

extension SysctlResource {
    public static let schema = Schema<SysctlResource>(
        "sysctl",
        summary: "A kernel setting, now and after a boot.",
        details: """
            Each has a file of its own in /etc/sysctl.d. `absent` removes that file; the live \
            value then stays until the next boot, since nobody knows what it was before.
            """,
        fields: [
            .required(
                "key", \.key, .text.checked(keyProblem),
                "The setting, as `net.ipv4.ip_forward`; `net/ipv4/conf/eth0.100/forwarding` "
                    + "where a name has dots."),
            .optional("value", \.value, value, default: "\"\"", "The value to have."),
            .optional(
                "live", \.live, .boolean, default: "true",
                "`false` writes only the file that takes effect at the next boot."),
            .optional("state", \.state, .word(), default: "present", "`present` or `absent`."),
        ],
        example: """
            key: vm.swappiness
            value: 1
            """,
        check: { sysctl, place in
            sysctl.state == .present && sysctl.value.isEmpty
                ? [Diagnostic(.missingKey, "a sysctl needs `value`", at: place)] : []
        })

    private static let value = FieldType.textOrNumber.checked { text in
        text.contains(where: \.isNewline) ? "a setting is one line" : nil
    }

    private static func keyProblem(_ key: String) -> String? {
        let parts = key.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "/" }
        let isValid =
            parts.count >= 2 && parts.allSatisfy { !$0.isEmpty }
            && key.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"):
                    true
                default: false
                }
            }
        return isValid ? nil : "`\(key.visible)` is not the name of a kernel setting"
    }
}
