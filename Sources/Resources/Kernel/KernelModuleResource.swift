public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `kernel_module`: whether a module is loaded, now and after a boot.
public struct KernelModuleResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case loaded, unloaded
        /// Not loaded, and not to be loaded by anything.
        case blacklisted
    }

    public var name = ""
    public var state = State.loaded
    public var persistent = true

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        A module that was loaded is unloaded, and one that was unloaded is loaded; its file is as it was.
        """)

    private var probe: KernelModuleProbe { KernelModuleProbe(name) }

    private var loadFile: OwnedFile {
        OwnedFile("/etc/modules-load.d/finflow-\(name).conf", "\(name)\n")
    }

    /// `blacklist` alone stops only what is loaded for a device; `install` stops all.
    private var blacklistFile: OwnedFile {
        OwnedFile(
            "/etc/modprobe.d/finflow-\(name).conf",
            "blacklist \(name)\ninstall \(name) /bin/false\n")
    }

    public var thing: HostThing? { .other(kind: "kernel module", name: probe.name) }
    public var follows: [HostThing] { [.package("kmod")] }

    public func fingerprint(_ files: any PlaybookFiles) -> String { "\(state) \(persistent)" }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        [probe] + loadFile.questions + blacklistFile.questions
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let isLoaded = try context.answers.answer(probe)
        var changes: [Change] = []
        var steps: [ShellScript] = []
        var undo: [UndoStep] = []
        var files: [(file: OwnedFile, isWanted: Bool, observed: SmallFile)] = []
        for (file, isWanted) in [
            (loadFile, state == .loaded && persistent), (blacklistFile, state == .blacklisted),
        ] {
            let observed = try context.answers.answer(file.probe)
            let found =
                isWanted
                ? file.changes(from: observed) : OwnedFile.removal(of: file.path, from: observed)
            guard !found.isEmpty else { continue }
            changes += found
            files.append((file, isWanted, observed))
        }
        let priors = try context.priors(of: files.map { $0.file.endangered($0.observed) })
        for ((file, isWanted, _), prior) in zip(files, priors) {
            let step =
                isWanted
                ? try file.placing(over: prior, context)
                : OwnedFile.removing(file.path, prior, context)
            steps.append(step.script)
            undo += step.undo
        }
        if isLoaded != (state == .loaded) {
            changes.append(
                Change(
                    .update, name, before: isLoaded ? "loaded" : "not loaded",
                    after: isLoaded ? "not loaded" : "loaded"))
            steps.append(isLoaded ? "modprobe -r -- \(name)" : "modprobe -- \(name)")
            // Last of all: a file of modprobe.d decides whether it can be loaded.
            undo.insert(LiveModuleResource.step(name, wasLoaded: isLoaded), at: 0)
        }
        guard !changes.isEmpty else { return .unchanged }
        return ResourcePlan(
            changes: changes,
            action: Action(
                script: (["set -e"] + steps).joined(),
                finish: FileFailure(path: loadFile.path).orScript),
            undo: undo)
    }
}

/// Whether the kernel has a module: loaded, or built in.
struct KernelModuleProbe: Probe {
    /// With underscores: to the kernel, `br-netfilter` is `br_netfilter`.
    let name: String

    init(_ name: String) {
        self.name = name.replacing("-", with: "_")
    }

    /// As the file of some modules is spelt.
    private static func dashed(_ name: String) -> String { name.replacing("_", with: "-") }

    static func script(for questions: [KernelModuleProbe]) -> ShellScript {
        let names = Set(questions.map(\.name)).sorted()
        let spellings = names + names.filter { $0.contains("_") }.map(Self.dashed)
        return """
            for module in \(names); do [ ! -d /sys/module/$module ] || echo $module; done
            while IFS= read -r path; do
              path=${path##*/}
              case ${path%.ko} in \(raw: spellings.map(\.shellQuoted).joined(separator: "|"))) \
            echo "${path%.ko}" ;; esac
            done < "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null || :
            """
    }

    static func answers(
        to questions: [KernelModuleProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [KernelModuleProbe: Bool] {
        let found = Set(
            output.split(separator: UInt8(ascii: "\n"))
                .map { KernelModuleProbe(String(decoding: $0, as: UTF8.self)).name })
        return Dictionary(
            questions.map { ($0, found.contains($0.name)) }, uniquingKeysWith: { first, _ in first }
        )
    }
}

extension KernelModuleResource {
    public static let schema = Schema<KernelModuleResource>(
        "kernel_module",
        summary: "A kernel module that is loaded, or must not be.",
        fields: [
            .required("name", \.name, .text.checked(nameProblem), "The module."),
            .optional(
                "state", \.state, .word(), default: "loaded",
                "`loaded`, `unloaded`, or `blacklisted`: unloaded, and loaded by nothing."),
            .optional(
                "persistent", \.persistent, .boolean, default: "true",
                "Whether it is loaded at each boot as well."),
        ],
        example: """
            name: br_netfilter
            """)

    private static func nameProblem(_ name: String) -> String? {
        let isValid =
            !name.isEmpty && name.first != "-"
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        return isValid ? nil : "`\(name.visible)` is not the name of a kernel module"
    }
}
