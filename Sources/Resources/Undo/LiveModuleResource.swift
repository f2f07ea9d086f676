import Hosts
import Schema
import TaskGraph
import Vocabulary

/// Whether a kernel module is loaded, and no file. Only undo steps name it.
struct LiveModuleResource: Resource {
    enum State: String, CaseIterable {
        case loaded, unloaded
    }

    var name = ""
    var state = State.loaded

    init() {}

    static let typeName = "live_module"
    static let undo = UndoAbility.exact()

    static let schema = Schema<LiveModuleResource>(
        typeName,
        summary: "Whether a kernel module is loaded.",
        fields: [
            .required("name", \.name, .singleLine, "The module."),
            .required("state", \.state, .word(), "Whether it is loaded."),
        ],
        example: """
            name: br_netfilter
            state: unloaded
            """)

    static func step(_ name: String, wasLoaded: Bool) -> UndoStep {
        func spec(_ state: State) -> ResourceSpec {
            ResourceSpec(
                typeName, ["name": .string(name), "state": .string(state.rawValue)])
        }
        return UndoStep(
            left: spec(wasLoaded ? .unloaded : .loaded),
            before: spec(wasLoaded ? .loaded : .unloaded)
        )
    }

    private var probe: KernelModuleProbe { KernelModuleProbe(name) }

    var thing: HostThing? { .other(kind: "live module", name: probe.name) }
    var follows: [HostThing] { [] }
    func fingerprint(_ files: any PlaybookFiles) -> String { state.rawValue }
    func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] { [probe] }

    func plan(_ context: PlanContext) throws -> ResourcePlan {
        let isLoaded = try context.answers.answer(probe)
        guard isLoaded != (state == .loaded) else { return .unchanged }
        return ResourcePlan(
            changes: [
                Change(
                    .update, name, before: isLoaded ? "loaded" : "not loaded",
                    after: isLoaded ? "not loaded" : "loaded")
            ],
            action: Action(script: isLoaded ? "modprobe -r -- \(name)" : "modprobe -- \(name)"),
            undo: [Self.step(name, wasLoaded: isLoaded)])
    }
}
