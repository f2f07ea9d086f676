public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `firewall`: what may connect to a host; all else is dropped.
public struct FirewallResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case present, absent
    }

    public var rules: [FirewallRule] = []
    public var ping = true
    public var log = false
    public var state = State.present

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        Its files, its unit and the live table are as they were, rules that somebody added by hand \
        included. With `network: true` the host takes the undo back if it cuts off who asked for it.
        """)

    static let unitName = "finflow-firewall.service"

    private var ruleset: Ruleset {
        Ruleset(rules: rules.flatMap(\.lines), answersPings: ping, logsDrops: log)
    }

    var file: OwnedFile {
        OwnedFile("/etc/finflow/nftables.conf", ruleset.text, mode: 0o600)
    }

    /// `nftables.service` flushes the whole ruleset when it starts, so this one comes after it;
    /// both come before the network.
    var unitFile: OwnedFile {
        OwnedFile(
            "/etc/systemd/system/\(Self.unitName)",
            """
            [Unit]
            Description=FinFlow firewall (table \(Ruleset.table))
            DefaultDependencies=no
            After=nftables.service
            Before=network-pre.target shutdown.target
            Wants=network-pre.target
            Conflicts=shutdown.target
            ConditionPathExists=\(file.path)

            [Service]
            Type=oneshot
            RemainAfterExit=yes
            ExecStart=/usr/sbin/nft -f \(file.path)
            ExecReload=/usr/sbin/nft -f \(file.path)

            [Install]
            WantedBy=sysinit.target

            """)
    }

    private var unit: UnitProbe { UnitProbe(Self.unitName) }
    private var live: FirewallProbe { FirewallProbe(ruleset: ruleset) }

    public var thing: HostThing? { .other(kind: "firewall", name: Ruleset.table) }
    public var follows: [HostThing] { [.package("nftables")] }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        state == .absent ? "absent" : ruleset.text
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        file.questions + unitFile.questions + [unit, live]
    }

    // MARK: - Converging

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let observedFile = try context.answers.answer(file.probe)
        let observedUnit = try context.answers.answer(unitFile.probe)
        let unitState = try context.answers.answer(unit)
        let kernel = try context.answers.answer(live)
        return switch state {
        case .present: try presence(observedFile, observedUnit, unitState, kernel, context)
        case .absent: try absence(observedFile, observedUnit, unitState, kernel, context)
        }
    }

    private func presence(
        _ observedFile: SmallFile, _ observedUnit: SmallFile, _ unitState: UnitState,
        _ kernel: FirewallProbe.Answer, _ context: PlanContext
    ) throws -> ResourcePlan {
        let fileChanges = file.changes(from: observedFile)
        let unitChanges = unitFile.changes(from: observedUnit)
        var changes = fileChanges + unitChanges
        var steps: [ShellScript] = ["set -e"]
        var undo: [UndoStep] = []
        let priors = try context.priors(
            of: (fileChanges.isEmpty ? [] : [file.endangered(observedFile)])
                + (unitChanges.isEmpty ? [] : [unitFile.endangered(observedUnit)]))
        if !fileChanges.isEmpty {
            let placing = try file.placing(over: priors[0], context, check: "nft -c -f \"$new\"")
            steps.append(placing.script)
            undo += placing.undo
        }
        if !unitChanges.isEmpty, let prior = priors.last {
            let placing = try unitFile.placing(over: prior, context)
            steps += [placing.script, UnitFiles.reload(.system)]
            undo += placing.undo
        }
        if let change = try rulesChange(kernel, context) {
            changes.append(change)
            steps.append("nft -f \(file.path)")
            if case .listings(let live, let wanted) = kernel {
                undo.append(FirewallTableResource.step(left: wanted, before: live))
            }
        }
        if !unitState.isEnabled {
            changes.append(
                Change(.update, Self.unitName, before: "not enabled", after: "enabled"))
            steps.append("systemctl enable -- \(Self.unitName)")
            undo += ServiceResource.undo(
                of: Self.unitName, .system, from: unitState, enabled: true)
        }
        guard !changes.isEmpty else { return .unchanged }
        return ResourcePlan(
            changes: changes.withholding(priors),
            action: Action(
                script: steps.joined(), finish: FileFailure(path: file.path).orScript),
            undo: undo)
    }

    private func rulesChange(
        _ kernel: FirewallProbe.Answer, _ context: PlanContext
    ) throws -> Change? {
        switch kernel {
        case .listings(let live, let wanted) where live == wanted:
            return nil
        case .listings(let live, let wanted) where !live.isEmpty:
            return Change(.update, "table \(Ruleset.table)", before: live, after: wanted)
        // A new one reads alike whether the host has `nft` to list it with or will have it.
        case .listings: return Change(.create, "table \(Ruleset.table)", after: ruleset.text)
        case .missingProgram where context.followsPendingChanges:
            return Change(.create, "table \(Ruleset.table)", after: ruleset.text)
        case .missingProgram:
            throw context.problem(
                .unsupportedHost, "the host has no `nft`",
                help: "Add a `package` task for nftables before this one.")
        case .refused(let words):
            throw context.problem(
                .unsupportedHost, "the host's nft does not take the rules: \(words.visible)")
        }
    }

    private func absence(
        _ observedFile: SmallFile, _ observedUnit: SmallFile, _ unitState: UnitState,
        _ kernel: FirewallProbe.Answer, _ context: PlanContext
    ) throws -> ResourcePlan {
        var changes =
            OwnedFile.removal(of: file.path, from: observedFile, mode: file.mode)
            + OwnedFile.removal(of: unitFile.path, from: observedUnit)
        var steps: [ShellScript] = ["set -e"]
        // Put back in this order: the files, the unit, the rules.
        var undo: [UndoStep] = []
        if observedUnit.kind != .absent {
            steps.append("systemctl disable -- \(Self.unitName)")
            undo = ServiceResource.undo(
                of: Self.unitName, .system, from: unitState, enabled: false)
        }
        let priors = try context.priors(
            of: [unitFile.endangered(observedUnit), file.endangered(observedFile)])
        let removing = [
            OwnedFile.removing(unitFile.path, priors[0], context),
            OwnedFile.removing(file.path, priors[1], context),
        ]
        steps += removing.map(\.script)
        undo += removing.flatMap(\.undo)
        if case .listings(let live, _) = kernel, !live.isEmpty {
            changes.append(Change(.delete, "table \(Ruleset.table)", before: live))
            steps.append("nft delete table \(raw: Ruleset.table)")
            undo.insert(FirewallTableResource.step(left: "", before: live), at: 0)
        }
        guard !changes.isEmpty else { return .unchanged }
        return ResourcePlan(
            changes: changes.withholding(priors),
            action: Action(
                script: steps.joined(),
                options: ScriptOptions(epilogue: UnitFiles.reload(.system)),
                finish: FileFailure(path: file.path).orScript),
            undo: undo)
    }
}

extension FirewallResource {
    public static let schema = Schema<FirewallResource>(
        "firewall",
        summary: "What may connect to a host; all else is dropped.",
        details: """
            A table of nftables of its own, `inet finflow`, with a chain for what comes in: \
            answers to what the host asked, the loopback, what ICMP needs, and the rules. It is \
            replaced in one transaction, so no packet finds the host open or half closed. \
            Forwarding and all other tables, those of Docker, of Kubernetes and of fail2ban, \
            stay as they are. A unit of its own loads it at boot. \
            The live table is compared rule by rule: what somebody added by hand is found.
            """,
        fields: [
            .optional(
                "allow", \.rules, .list(of: .nested(FirewallRule.self)), default: "[]",
                "What is let in."),
            .optional(
                "ping", \.ping, .boolean, default: "true", "Whether it answers echo requests."),
            .optional(
                "log", \.log, .boolean, default: "false",
                "Writes what is dropped to the kernel's log, five a second at most."),
            .optional("state", \.state, .word(), default: "present", "`present` or `absent`."),
        ],
        example: """
            allow:
              - { ports: 22, sources: [10.0.0.0/8], comment: operators }
              - { ports: [80, 443] }
              - { protocol: udp, ports: 60000-60010 }
            """)
}
