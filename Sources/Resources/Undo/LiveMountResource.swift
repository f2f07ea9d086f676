import Hosts
import Schema
import TaskGraph
import Vocabulary

/// Whether a file system is mounted, and no line of fstab. Only undo steps name it.
struct LiveMountResource: Resource {
    enum State: String, CaseIterable {
        case mounted, unmounted
        /// Mounted as fstab now says it: done again each time.
        case anew, remounted
    }

    var path = ""
    var state = State.mounted
    var type: String?
    var source: String?

    init() {}

    static let typeName = "live_mount"
    static let undo = UndoAbility.partial()

    static let schema = Schema<LiveMountResource>(
        typeName,
        summary: "Whether a file system is mounted.",
        fields: [
            .required("path", \.path, .absolutePath, "The directory."),
            .required("state", \.state, .word(), "Whether something is mounted there."),
            .optional("type", \.type, .singleLine, "Where fstab has no line: the file system."),
            .optional("source", \.source, .singleLine, "Where fstab has no line: the device."),
        ],
        example: """
            path: /mnt
            state: unmounted
            """)

    private static func spec(
        _ path: String, _ state: State, _ mounted: MountProbe.Mounted? = nil
    ) -> ResourceSpec {
        ResourceSpec(
            typeName,
            compact: [
                ("path", .string(path)), ("state", .string(state.rawValue)),
                ("type", mounted.map { .string($0.type) }),
                ("source", mounted.map { .string($0.source) }),
            ])
    }

    /// - Parameter before: what was mounted there.
    static func step(_ path: String, before: MountProbe.Mounted?) -> UndoStep {
        before == nil
            ? UndoStep(left: spec(path, .mounted), before: spec(path, .unmounted))
            : UndoStep(left: spec(path, .unmounted), before: spec(path, .mounted, before))
    }

    /// Done once its line in fstab is as it was.
    static func again(_ path: String, _ state: State) -> UndoStep {
        UndoStep(left: spec(path, state), before: spec(path, state))
    }

    private var probe: MountProbe { MountProbe(path: path) }

    var isOnlyForHandlers: Bool { state == .anew || state == .remounted }
    var thing: HostThing? { isOnlyForHandlers ? nil : .other(kind: "live mount", name: path) }
    var follows: [HostThing] { [] }
    func fingerprint(_ files: any PlaybookFiles) -> String { state.rawValue }
    func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] { [probe] }

    func plan(_ context: PlanContext) throws -> ResourcePlan {
        let mounted = try context.answers.answer(probe).mounted
        switch (state, mounted) {
        case (.unmounted, nil), (.mounted, _?): return .unchanged
        case (.anew, nil), (.remounted, nil): return .unchanged
        case (.unmounted, let old?):
            return plan(
                Change(.update, path, before: "mounted", after: "not mounted"),
                "umount -- \(path)", [Self.step(path, before: old)])
        case (.mounted, nil):
            return plan(
                Change(.update, path, before: "not mounted", after: "mounted"), mounting,
                [Self.step(path, before: nil)])
        case (.anew, _?):
            return plan(
                Change(.run, "mount anew"), "umount -- \(path)\nmount -- \(path)",
                [Self.again(path, .anew)])
        case (.remounted, _?):
            return plan(
                Change(.run, "remount"), "mount -o remount -- \(path)",
                [Self.again(path, .remounted)])
        }
    }

    private var mounting: ShellScript {
        guard let type, let source else { return "mount -- \(path)" }
        return "mount -- \(path) 2>/dev/null || mount -t \(type) -- \(source) \(path)"
    }

    private func plan(_ change: Change, _ script: ShellScript, _ undo: [UndoStep]) -> ResourcePlan {
        ResourcePlan(
            changes: [change],
            action: Action(
                script: "set -e\n\(script)",
                options: ScriptOptions(lane: .slow, timeout: .seconds(120))),
            undo: undo)
    }
}
