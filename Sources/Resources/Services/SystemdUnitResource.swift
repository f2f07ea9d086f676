public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `systemd_unit`: a unit file, or a drop-in that completes one.
public struct SystemdUnitResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case present, absent
    }

    public var name = ""
    public var content: SecretText?
    public var sections: UnitSections?
    public var dropin: String?
    public var user = false
    public var state = State.present

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The unit file that stood there is put back, or the new one removed, and systemd reads it.
        """)

    private var scope: UnitScope { user ? .user : .system }

    private var path: String {
        let file = "\(UnitName.directory(scope))/\(name)"
        return dropin.map { "\(file).d/\($0)" } ?? file
    }

    private var file: OwnedFile {
        let text = content ?? SecretText(sections?.text ?? "")
        return OwnedFile(
            path, text, mode: text.isSensitive ? 0o600 : 0o644, owner: user ? nil : "root")
    }

    private var unit: UnitProbe { UnitProbe(name, scope: scope) }

    public var thing: HostThing? { .path(path) }

    /// A drop-in completes what its package brings.
    public var follows: [HostThing] { dropin == nil ? [] : [.package(UnitName.stem(name))] }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        "\(state) \(file.content.digest)"
    }

    private var directory: PathProbe { PathProbe(path.parentPath) }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        file.questions + [PathProbe(path), directory, Self.unitsLoad]
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let observed = try context.answers.answer(file.probe)
        var changes =
            state == .present
            ? file.changes(from: observed) : OwnedFile.removal(of: path, from: observed)
        var steps: [ShellScript] = ["set -e"]
        var undo: [UndoStep] = []
        if !changes.isEmpty {
            let prior = try context.prior(of: file.endangered(observed))
            let check = UnitFiles.check(as: name, dropin: dropin, scope: scope)
            let step =
                state == .present
                ? try file.placing(over: prior, context, check: check)
                : OwnedFile.removing(path, prior, context)
            steps.append(step.script)
            undo = step.undo
            changes = changes.withholding([prior])
        }
        // A run that was killed between the file and the reload.
        if changes.isEmpty, try needsReload(context.answers) {
            changes.append(Change(.run, "daemon-reload", after: "its files have changed"))
        }
        guard !changes.isEmpty else { return .unchanged }
        let hasSecret = file.content.isSensitive
        let failure = FileFailure(path: path)
        return ResourcePlan(
            changes: changes,
            action: Action(
                script: steps.joined(),
                options: ScriptOptions(epilogue: UnitFiles.reload(scope)),
                finish: { result throws(ActionError) in
                    var told = result
                    // systemd quotes the lines that it does not understand.
                    if hasSecret { (told.output, told.error) = ([], Array(redaction.utf8)) }
                    return try failure.orScript(told)
                }),
            undo: undo)
    }
}

extension SystemdUnitResource {
    /// systemd sets this file's time to when it last began to read all units.
    private static let unitsLoad = PathProbe("/run/systemd/systemd-units-load")

    /// How much earlier than it happened the kernel may say that a file changed: a tick of its
    /// clock.
    private static let granularity = Duration.milliseconds(10)

    /// Whether systemd goes by an older state of the file. It is asked only where the file, or
    /// for one that is gone its directory, changed after systemd last read all of them: for a
    /// unit that it has not loaded the question makes it read the disk.
    private func needsReload(_ answers: Answers) throws -> Bool {
        // systemd cannot be asked about a template, only about its instances.
        if name.contains("@.") { return false }
        if answers.contains(unit) { return try answers.answer(unit).needsReload }
        if scope == .system, let read = try answers.answer(Self.unitsLoad).status?.modified {
            let status = try answers.answer(PathProbe(path)).status
            let changed = try (status ?? answers.answer(directory).status)?.changed
            guard let changed else { return false }
            if changed + Self.granularity < read { return false }
        }
        throw MoreQuestions([unit])
    }
}

extension SystemdUnitResource {
    public static let schema = Schema<SystemdUnitResource>(
        "systemd_unit",
        summary: "A unit file of systemd, or a drop-in that completes one.",
        details: """
            The file is judged by `systemd-analyze verify`, where the host has it, before it is \
            put in place. A file that holds a secret has mode 0600; what systemd then knows of it \
            it still tells everybody, so secrets are better in a file that `EnvironmentFile` or \
            `LoadCredential` names. systemd reads its files again once for all units that change together, \
            and again when a run was stopped before it could. A `service` task starts it.
            """,
        fields: [
            .required(
                "name", \.name,
                UnitName.field.checked { name in
                    UnitName.hasSuffix(name)
                        ? nil : "`\(name.visible)` does not say which kind of unit, as `.service`"
                }, "The unit, with its suffix: `payments.service`."),
            .optional("content", \.content, .secretText, "The text of the file."),
            .optional(
                "sections", \.sections, UnitSections.field,
                "Or its sections with their settings; a list repeats a setting."),
            .optional(
                "dropin", \.dropin,
                UnitName.field.checked { name in
                    name.hasSuffix(".conf") ? nil : "a drop-in's name ends in `.conf`"
                }, "The name of a drop-in, `10-limits.conf`, instead of the unit itself."),
            .optional(
                "user", \.user, .boolean, default: "false",
                "A unit of the user that the task runs as, not of the machine."),
            .optional("state", \.state, .word(), default: "present", "`present` or `absent`."),
        ],
        example: """
            name: payments.service
            sections:
              Unit: { Description: FinFlow payments, After: network-online.target }
              Service: { ExecStart: /opt/payments/current/payments, DynamicUser: true }
              Install: { WantedBy: multi-user.target }
            """,
        check: { unit, place in
            let given = [unit.content != nil, unit.sections != nil].count { $0 }
            guard given != (unit.state == .present ? 1 : 0) else { return [] }
            let message =
                unit.state == .present
                ? "a unit needs either `content` or `sections`"
                : "a unit that is `absent` has neither `content` nor `sections`"
            return [Diagnostic(.conflictingKeys, message, at: place)]
        })
}
