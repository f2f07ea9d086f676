import Hosts
import Schema
import TaskGraph
import Vocabulary

/// The live value of a kernel setting, and no file. Only undo steps name it.
struct KernelSettingResource: Resource {
    var path = ""
    var value = ""

    init() {}

    static let typeName = "kernel_setting"
    static let undo = UndoAbility.exact()

    static let schema = Schema<KernelSettingResource>(
        typeName,
        summary: "The live value of a kernel setting.",
        fields: [
            .required(
                "path", \.path,
                .text.checked { path in
                    path.hasPrefix("/") || path.split(separator: "/").contains("..")
                        ? "this is no path below /proc/sys" : nil
                }, "Below /proc/sys."),
            .required("value", \.value, .singleLine, "The value."),
        ],
        example: """
            path: vm/swappiness
            value: "60"
            """)

    static func step(_ path: String, left: String, before: String) -> UndoStep {
        func spec(_ value: String) -> ResourceSpec {
            ResourceSpec(
                typeName, ["path": .string(path), "value": .string(value)])
        }
        return UndoStep(left: spec(left), before: spec(before))
    }

    private var probe: SysctlProbe { SysctlProbe(path: path) }

    var thing: HostThing? { .other(kind: "live setting", name: path) }
    var follows: [HostThing] { [] }
    func fingerprint(_ files: any PlaybookFiles) -> String { value }
    func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] { [probe] }

    func plan(_ context: PlanContext) throws -> ResourcePlan {
        guard let present = try context.answers.answer(probe).value else {
            throw context.problem(.readOnlySetting, "the kernel has no setting `\(path)`")
        }
        guard Self.words(present) != Self.words(value) else { return .unchanged }
        let script: ShellScript =
            path == "kernel/hostname"
            ? Self.settingHostname(value)
            : "printf '%s\\n' \(value) > \("/proc/sys/" + path)"
        return ResourcePlan(
            changes: [Change(.update, path, before: present, after: value)],
            action: Action(script: script),
            undo: [Self.step(path, left: value, before: present)])
    }

    /// The kernel parts numbers by tabs, people by spaces.
    static func words(_ value: String) -> [Substring] {
        value.split { $0 == " " || $0 == "\t" }
    }

    /// Whichever way the host has; a container's /proc may be read-only, its name need not be.
    static func settingHostname(_ name: String) -> ShellScript {
        """
        { printf '%s\\n' \(name) > /proc/sys/kernel/hostname; } 2>/dev/null ||
          { command -v hostname >/dev/null && hostname \(name); } ||
          hostnamectl --transient set-hostname \(name)
        """
    }
}
