import Hosts
import Schema
import TaskGraph
import Vocabulary

/// A unit that takes in a configuration which was put back, if it runs. Only undo steps name it.
struct ServiceAgainResource: Resource {
    enum State: String, CaseIterable {
        case restarted, reloaded
    }

    var name = ""
    var state = State.restarted
    var user = false

    init() {}

    static let typeName = "service_again"
    static let undo = UndoAbility.exact()

    static let schema = Schema<ServiceAgainResource>(
        typeName,
        summary: "A unit that takes in a configuration which was put back.",
        fields: [
            .required("name", \.name, UnitName.field, "The unit."),
            .required("state", \.state, .word(), "What is done to it, if it runs."),
            .optional("user", \.user, .boolean, default: "false", "A unit of the user."),
        ],
        example: """
            name: chrony.service
            state: restarted
            """)

    private var scope: UnitScope { user ? .user : .system }
    private var probe: UnitProbe { UnitProbe(name, scope: scope) }

    var isOnlyForHandlers: Bool { true }
    var thing: HostThing? { nil }
    var follows: [HostThing] { [] }
    func fingerprint(_ files: any PlaybookFiles) -> String { state.rawValue }
    func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] { [probe] }

    func plan(_ context: PlanContext) throws -> ResourcePlan {
        let unit = try context.answers.answer(probe)
        guard unit.exists, unit.isRunning else { return .unchanged }
        let verb = state == .restarted ? "restart" : "reload-or-restart"
        let script: ShellScript = """
            set -e
            \(scope.systemctl) reset-failed -- \(name) 2>/dev/null || :
            \(scope.systemctl) \(raw: verb) -- \(name)
            """
        let again = ServiceResource.again(
            name, scope, state == .restarted ? .restarted : .reloaded)
        return ResourcePlan(
            changes: [Change(.run, state == .restarted ? "restart" : "reload")],
            action: Action(
                script: script, options: ScriptOptions(lane: .slow, timeout: .seconds(300))),
            undo: [again])
    }
}
