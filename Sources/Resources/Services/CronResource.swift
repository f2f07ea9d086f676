public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `cron`: a line of a file in `/etc/cron.d`.
public struct CronResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case present, absent
    }

    public var name = ""
    public var schedule = ""
    public var command = ""
    public var user = "root"
    public var variables: [(key: String, value: String)] = []
    public var state = State.present

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The file that stood there is put back, or the new one removed.
        """)

    private var file: OwnedFile {
        let lines =
            variables.map { "\($0.key)=\"\($0.value)\"" }
            + ["\(schedule) \(user) \(command.cronEscaped)"]
        // cron ignores a last line without its end.
        return OwnedFile("/etc/cron.d/\(name)", lines.map { $0 + "\n" }.joined())
    }

    public var thing: HostThing? { .path(file.path) }
    public var follows: [HostThing] { [.package("cron"), .user(user)] }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        state == .absent ? "absent" : file.content.shown
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        file.questions
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let observed = try context.answers.answer(file.probe)
        let changes =
            state == .present
            ? file.changes(from: observed) : OwnedFile.removal(of: file.path, from: observed)
        guard !changes.isEmpty else { return .unchanged }
        let prior = try context.prior(of: file.endangered(observed))
        let step =
            state == .present
            ? try file.placing(over: prior, context) : OwnedFile.removing(file.path, prior, context)
        return ResourcePlan(
            changes: changes.withholding([prior]),
            action: Action(
                script: "set -e\n\(step.script)", finish: FileFailure(path: file.path).orScript),
            undo: step.undo)
    }
}

extension String {
    /// A percent sign is a line end to cron (crontab(5)), unless it is escaped.
    fileprivate var cronEscaped: String {
        var escaped = ""
        for character in unicodeScalars {
            if character == "%" { escaped += "\\" }
            escaped.unicodeScalars.append(character)
        }
        return escaped
    }
}

extension CronResource {
    public static let schema = Schema<CronResource>(
        "cron",
        summary: "A command that cron runs at its times.",
        details: """
            Each is a file of its own, /etc/cron.d/NAME, so that it can be replaced and removed \
            without a look at others. `timer` does the same with systemd, which also makes up \
            for times at which the machine was off.
            """,
        fields: [
            .required("name", \.name, fileName, "The name of the file in /etc/cron.d."),
            .optional(
                "schedule", \.schedule, schedule, default: "\"\"",
                "Five fields of crontab(5), or `@daily` and its kin."),
            .optional("command", \.command, .oneLine, default: "\"\"", "A text of the shell."),
            .optional(
                "user", \.user, AccountName.field, default: "root", "The user that it runs as."),
            .optional(
                "env", \.variables, .mapping(to: variable), default: "{}",
                "Variables of its environment, such as `MAILTO`."),
            .optional("state", \.state, .word(), default: "present", "`present` or `absent`."),
        ],
        example: """
            name: payments-report
            schedule: "15 6 * * Mon-Fri"
            command: /opt/payments/current/report --yesterday
            user: payments
            """,
        check: { cron, place in
            for name in cron.variables.map(\.key) where !name.isVariableName {
                return [
                    Diagnostic(
                        .invalidValue, "`\(name.visible)` is not the name of a variable",
                        at: place)
                ]
            }
            guard cron.state == .present, cron.schedule.isEmpty || cron.command.isEmpty else {
                return []
            }
            return [
                Diagnostic(
                    .missingKey, "a cron entry needs `schedule` and `command`", at: place)
            ]
        })

    /// cron passes over files whose names have anything else, a dot above all.
    private static let fileName = FieldType.text.checked { name in
        let isValid =
            !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        return isValid ? nil : "cron reads no file named `\(name.visible)`"
    }

    private static let variable = FieldType.oneLine.checked { value in
        value.contains("\"") ? "cron cannot hold a quotation mark in a variable" : nil
    }

    private static let schedule = FieldType.oneLine.checked { text in
        CronSchedule.problem(of: text)
    }
}
