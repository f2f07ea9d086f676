public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `service`: whether a systemd unit runs, and whether it will after a boot.
public struct ServiceResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case running, stopped
        /// For handlers: done each time that the handler is due.
        case restarted, reloaded
    }

    public var name = ""
    public var state: State?
    public var enabled: Bool?
    public var masked: Bool?
    public var user = false

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        It runs, is enabled and is masked as before. A restart is no change; undone configuration is \
        taken in by another one. With `network: true` the host takes the undo back if it cuts off who \
        asked for it.
        """)

    var unit: String { UnitName.withSuffix(name) }
    var scope: UnitScope { user ? .user : .system }
    private var probe: UnitProbe { UnitProbe(unit, scope: scope) }

    /// A handler's restart decides about nothing that another task could decide otherwise.
    public var thing: HostThing? {
        switch state {
        case .restarted, .reloaded: nil
        default: scope == .system ? .unit(unit) : .other(kind: "user unit", name: unit)
        }
    }

    public var isOnlyForHandlers: Bool { state == .restarted || state == .reloaded }

    public var follows: [HostThing] {
        let file = "\(UnitName.directory(scope))/\(unit)"
        let needed: [HostThing] = [.package(UnitName.stem(unit)), .path(file)]
        return thing == nil ? needed + [.unit(unit)] : needed
    }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        JSON.object(compact: [
            ("unit", .string(unit)), ("scope", .string(scope.rawValue)),
            ("state", state.map { .string($0.rawValue) }),
            ("enabled", enabled.map(JSON.bool)), ("masked", masked.map(JSON.bool)),
        ]).line
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        [probe]
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        var observed = try context.answers.answer(probe)
        guard observed.exists || isSatisfiedByAbsence || context.followsPendingChanges else {
            throw context.problem(
                .missingUnit, "the unit `\(unit)` does not exist",
                help: "Is its package installed, or its unit file written, by a task before it?")
        }
        if !observed.exists {
            if isSatisfiedByAbsence { return .unchanged }
            observed = UnitState(load: "not-found", active: "inactive", sub: "dead", file: "")
        }
        try refuseImpossible(observed, context)
        let aspects = aspects(of: observed)
        var changes: [Change] = []
        var steps: [ShellScript] = []
        // An alias can be started and stopped, and that is all.
        let unit = observed.id.isEmpty ? unit : observed.id
        func step(_ change: Change, _ verb: String) {
            changes.append(change)
            // What failed often is not started for a while (StartLimitBurst): not even the
            // release that mends it.
            if verb.contains("start") {
                steps.append("\(scope.systemctl) reset-failed -- \(unit) 2>/dev/null || :")
            }
            steps.append("\(scope.systemctl) \(raw: verb) -- \(unit)")
        }
        if let masked, masked != observed.isMasked {
            step(
                Change(.update, "masked", before: "\(!masked)", after: "\(masked)"),
                masked ? "mask" : observed.file == "masked-runtime" ? "unmask --runtime" : "unmask")
        }
        if let enabled, !observed.isEnabled(as: enabled) {
            step(
                Change(.update, "enabled", before: "\(!enabled)", after: "\(enabled)"),
                enabled ? "enable" : "disable")
            if enabled, observed.file == "indirect" { steps.append(isEnabledNow(unit)) }
            // systemd makes a unit of the script anew, with what starts it.
            if observed.isInitScript { steps.append("\(scope.systemctl) daemon-reload") }
        } else if enabled == false, observed.file == "enabled-runtime" {
            step(
                Change(.update, "enabled", before: "until the next boot", after: "false"),
                "disable --runtime")
        }
        switch state {
        case .running where !observed.isRunning:
            step(Change(.update, "state", before: observed.active, after: "running"), "start")
            steps.append(isStillActive)
        case .stopped where observed.isRunning || observed.sub == "auto-restart":
            step(Change(.update, "state", before: observed.active, after: "stopped"), "stop")
        case .restarted: step(Change(.run, "restart"), "restart")
        case .reloaded: step(Change(.run, "reload"), "reload-or-restart")
        default: break
        }
        guard !steps.isEmpty else { return .unchanged.with(aspects) }
        if observed.needsReload { steps.insert("\(scope.systemctl) daemon-reload", at: 0) }
        let undo =
            isOnlyForHandlers
            ? [Self.again(unit, scope, state ?? .restarted)]
            : Self.undo(
                of: unit, scope, from: observed, state: state, enabled: enabled, masked: masked)
        return ResourcePlan(changes: changes, action: action(steps), undo: undo).with(aspects)
    }

    private func aspects(of observed: UnitState) -> [Aspect] {
        var aspects: [Aspect] = []
        if state == .running || state == .stopped {
            aspects.append(
                Aspect(
                    "running", wanted: "\(state == .running)", found: "\(observed.isRunning)"))
        }
        if let enabled {
            let found = observed.isEnabled(as: enabled) ? enabled : !enabled
            aspects.append(Aspect("enabled", wanted: "\(enabled)", found: "\(found)"))
        }
        if let masked {
            aspects.append(
                Aspect("masked", wanted: "\(masked)", found: "\(observed.isMasked)"))
        }
        return aspects
    }

    /// A unit that is not there does not run and is not enabled.
    private var isSatisfiedByAbsence: Bool {
        (state == nil || state == .stopped) && enabled != true && masked != true
    }

    private func refuseImpossible(_ observed: UnitState, _ context: PlanContext) throws {
        if observed.isMasked, masked != false, state == .running || enabled == true {
            throw context.problem(
                .unitCannotBeEnabled, "the unit `\(unit)` is masked",
                help: "Say `masked: false`, or leave `state` and `enabled` out.")
        }
        if let enabled, !observed.isEnabled(as: enabled), let why = obstacle(enabled, observed) {
            throw context.problem(
                .unitCannotBeEnabled,
                "the unit `\(unit)` cannot be \(enabled ? "enabled" : "disabled"): \(why.message)",
                help: why.help)
        }
    }

    private func obstacle(
        _ enabled: Bool, _ observed: UnitState
    ) -> (message: String, help: String)? {
        let starters = observed.starters.prefix(3).joined(separator: ", ")
        switch observed.file {
        case "static" where enabled:
            return (
                "its file has no [Install] section, and nothing starts it",
                "Enable what is to start it, or complete it by a drop-in with `[Install]`."
            )
        case "static":
            return (
                "its file has no [Install] section, and it is started by \(starters)",
                "`masked: true` keeps everything from starting it."
            )
        case "generated" where !observed.isInitScript:
            let source = observed.source.isEmpty ? "another file" : observed.source
            return (
                "systemd makes it from \(source)",
                enabled ? "Say there that it is to start." : "Say there that it is not to start."
            )
        case "transient":
            return ("it exists until it stops, and has no file", "Leave `enabled` out.")
        default:
            return nil
        }
    }

    /// What has another name is enabled like any unit; what only names others in its [Install]
    /// section enables those, and never is.
    private func isEnabledNow(_ unit: String) -> ShellScript {
        """
        case $(\(scope.systemctl) is-enabled -- \(unit)) in
        enabled|alias) ;;
        *) echo 'its [Install] section enables other units in its place (Also=): name those' >&2
        exit 1 ;;
        esac
        """
    }

    /// `systemctl start` of a simple service succeeds before the program has failed.
    private var isStillActive: ShellScript {
        """
        case $(\(scope.systemctl) show --value -p ActiveState -- \(unit)) in
        failed) echo 'it failed right after its start' >&2; exit 1 ;;
        esac
        """
    }

    private func action(_ steps: [ShellScript]) -> Action {
        let script: ShellScript = """
            (
            set -e
            \(steps.joined())
            )
            status=$?
            # Not `( … ) && exit`: in front of `&&` a shell ignores `set -e`.
            [ $status != 0 ] || exit 0
            \(scope.systemctl) status --no-pager --full --lines=20 -- \(unit) >&2 || :
            exit $status
            """
        return Action(script: script, options: ScriptOptions(lane: .slow, timeout: .seconds(300)))
    }
}

extension ServiceResource {
    public static let schema = Schema<ServiceResource>(
        "service",
        summary: "A systemd unit that runs or does not, now and after a boot.",
        details: """
            A unit comes after the package of the same name and after its unit file on its own. \
            `restarted` and `reloaded` are for handlers, which know when they are due. A unit \
            that does not exist is stopped and disabled already. One without an [Install] section \
            is enabled when something that is there starts it; one from /etc/init.d is enabled and \
            disabled like any other. An alias means the unit that it stands for.
            """,
        fields: [
            .required(
                "name", \.name, UnitName.field, "The unit; `.service` is added where no kind is."),
            .optional(
                "state", \.state, .word(),
                "`running` or `stopped`; in handlers also `restarted` or `reloaded`."),
            .optional("enabled", \.enabled, .boolean, "Whether it starts with the machine."),
            .optional("masked", \.masked, .boolean, "Whether nothing can start it."),
            .optional(
                "user", \.user, .boolean, default: "false",
                "A unit of the user that the task runs as, not of the machine."),
        ],
        example: """
            name: chrony
            state: running
            enabled: true
            """,
        check: { service, place in
            var wrong: [Diagnostic] = []
            if service.state == nil, service.enabled == nil, service.masked == nil {
                wrong.append(
                    Diagnostic(
                        .missingKey, "a service needs `state`, `enabled` or `masked`", at: place))
            }
            if service.masked == true, service.enabled == true || service.startsIt {
                wrong.append(
                    Diagnostic(
                        .conflictingKeys, "a masked unit can be neither started nor enabled",
                        at: place))
            }
            return wrong
        })

    private var startsIt: Bool { state != nil && state != .stopped }
}
