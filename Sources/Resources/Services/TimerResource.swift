public import Hosts
import TaskGraph
import Vocabulary

/// `timer`: a command that systemd runs at its times.
public struct TimerResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case present, absent
    }

    public var name = ""
    public var schedule: [String] = []
    public var command = ""
    public var runsAs: String?
    public var purpose: String?
    public var directory: String?
    public var delay: Duration?
    public var persistent = true
    public var timeout: Duration?
    public var user = false
    public var state = State.present

    public init() {}

    public static let undo = UndoAbility.partial(
        """
        The files are as they were, and the timer runs and is enabled as before. What it has started is not \
        stopped.
        """)

    private var scope: UnitScope { user ? .user : .system }
    private var unit: String { "\(name).timer" }
    private var probe: UnitProbe { UnitProbe(unit, scope: scope) }

    public var thing: HostThing? {
        user ? .other(kind: "user unit", name: unit) : .unit(unit)
    }

    public var follows: [HostThing] {
        (runsAs.map { [.user($0)] } ?? []) + (directory.map { [.path($0)] } ?? [])
    }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        state == .absent ? "absent" : serviceFile.content.shown + timerFile.content.shown
    }

    // MARK: - The pair of units

    private func file(_ suffix: String, _ text: String) -> OwnedFile {
        OwnedFile(
            "\(UnitName.directory(scope))/\(name).\(suffix)", text, owner: user ? nil : "root")
    }

    private var serviceFile: OwnedFile {
        let settings: [(String, String?)] = [
            ("Type", "oneshot"), ("User", runsAs),
            ("WorkingDirectory", directory?.withoutSpecifiers),
            ("ExecStart", "/bin/sh -c \(command.systemdQuoted)"),
            ("TimeoutStartSec", timeout.map { "\($0.seconds)s" }),
        ]
        return file(
            "service",
            "[Unit]\nDescription=\((purpose ?? name).withoutSpecifiers)\n\n[Service]\n"
                + Self.lines(settings))
    }

    private var timerFile: OwnedFile {
        let settings: [(String, String?)] =
            schedule.map { ("OnCalendar", $0) } + [
                ("RandomizedDelaySec", delay.map { "\($0.seconds)s" }),
                ("Persistent", persistent ? "true" : "false"),
            ]
        return file(
            "timer",
            "[Unit]\nDescription=\((purpose ?? name).withoutSpecifiers)\n\n[Timer]\n"
                + Self.lines(settings)
                + "\n[Install]\nWantedBy=timers.target\n")
    }

    private static func lines(_ settings: [(String, String?)]) -> String {
        settings.compactMap { name, value in value.map { "\(name)=\($0)\n" } }.joined()
    }

    // MARK: - Converging

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        serviceFile.questions + timerFile.questions + [probe]
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let service = try context.answers.answer(serviceFile.probe)
        let timer = try context.answers.answer(timerFile.probe)
        let observed = try context.answers.answer(probe)
        return state == .present
            ? try presence(service, timer, observed, context)
            : try absence(service, timer, observed, context)
    }

    private func presence(
        _ service: SmallFile, _ timer: SmallFile, _ observed: UnitState, _ context: PlanContext
    ) throws -> ResourcePlan {
        let fileChanges = serviceFile.changes(from: service) + timerFile.changes(from: timer)
        var changes = fileChanges
        if !observed.isEnabled {
            changes.append(Change(.update, "enabled", before: "false", after: "true"))
        }
        if !observed.isRunning {
            changes.append(Change(.update, "state", before: observed.active, after: "running"))
        }
        if changes.isEmpty, observed.needsReload {
            changes.append(Change(.run, "daemon-reload", after: "its files have changed"))
        }
        guard !changes.isEmpty else { return .unchanged }
        let priors = try context.priors(
            of: [serviceFile.endangered(service), timerFile.endangered(timer)])
        let placing = [
            try serviceFile.placing(over: priors[0], context),
            try timerFile.placing(over: priors[1], context),
        ]
        let specifications = schedule.map { specification -> ShellScript in
            "systemd-analyze calendar \(specification) >/dev/null || exit"
        }
        let steps =
            ["set -e"] + specifications + [
                placing[0].script, placing[1].script, UnitFiles.reload(scope),
                "\(scope.systemctl) enable -- \(unit)",
                // A timer that runs keeps its old times until it is started anew.
                "\(scope.systemctl) restart -- \(unit)",
            ]
        return ResourcePlan(
            changes: changes.withholding(priors), action: action(steps),
            undo: undo(files: placing.flatMap(\.undo), from: observed, isRunning: true))
    }

    /// What is started or stopped, before its files are changed or after.
    private func undo(
        files: [UndoStep], from observed: UnitState, isRunning: Bool
    ) -> [UndoStep] {
        let service = ServiceResource.undo(
            of: unit, scope, from: observed, state: isRunning ? .running : .stopped,
            enabled: isRunning)
        guard observed.isRunning else { return files + service }
        // It takes its old times in when it is started anew.
        return [ServiceResource.again(unit, scope, .restarted)] + service + files
    }

    private func absence(
        _ service: SmallFile, _ timer: SmallFile, _ observed: UnitState, _ context: PlanContext
    ) throws -> ResourcePlan {
        let changes =
            OwnedFile.removal(of: serviceFile.path, from: service)
            + OwnedFile.removal(of: timerFile.path, from: timer)
        guard !changes.isEmpty else { return .unchanged }
        let stop: [ShellScript] =
            observed.exists ? ["\(scope.systemctl) disable --now -- \(unit)"] : []
        let priors = try context.priors(
            of: [serviceFile.endangered(service), timerFile.endangered(timer)])
        let removing = [
            OwnedFile.removing(timerFile.path, priors[1], context),
            OwnedFile.removing(serviceFile.path, priors[0], context),
        ]
        let steps =
            ["set -e"] + stop + removing.map(\.script) + [UnitFiles.reload(scope)]
        return ResourcePlan(
            changes: changes.withholding(priors), action: action(steps),
            undo: undo(files: removing.flatMap(\.undo), from: observed, isRunning: false))
    }

    private func action(_ steps: [ShellScript]) -> Action {
        Action(
            script: steps.joined(),
            options: ScriptOptions(lane: .slow, timeout: .seconds(120)),
            finish: FileFailure(path: timerFile.path).orScript)
    }
}

extension String {
    /// As systemd takes it for itself (systemd.unit(5)).
    fileprivate var withoutSpecifiers: String { replacing("%", with: "%%") }

    /// As one argument of a command line of systemd (systemd.service(5)): nothing in it is a
    /// specifier or a variable to systemd.
    var systemdQuoted: String {
        var quoted = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\\": quoted += "\\\\"
            case "\"": quoted += "\\\""
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "%": quoted += "%%"
            case "$": quoted += "$$"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
