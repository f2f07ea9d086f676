import Hosts
import Loop
import Resources
import TaskGraph
import Template
import Vocabulary

/// A change of a task with `network: true` that is in force when it is made.
struct GuardedChange: Sendable {
    let duty: NetworkDuty
    let scripts: NetworkGuardScripts
    /// Names this attempt on the host.
    let token: String
    /// The change, with what guards it.
    let action: Action
    /// For finflowctl's own scripts about it.
    let options: ScriptOptions

    var task: TaskID { duty.task }
    var isHandler: Bool { duty.isHandler }
    var seconds: Int { duty.seconds }

    init(
        _ action: Action, _ resource: any NetworkResource, _ duty: NetworkDuty, on host: Host,
        scripts: NetworkGuardScripts
    ) {
        self.duty = duty
        self.scripts = scripts
        token = Self.newToken()
        let restoration = resource.restoration
        var guarded = action
        guarded.script =
            (restoration.map { scripts.keeping($0) } ?? "")
            + scripts.changing(
                action.script(on: host), repeats: duty.isHandler && restoration == nil,
                token: token,
                record: [
                    JSON.Member("task", .string(duty.task.rawValue)),
                    JSON.Member("seconds", .int(duty.seconds)),
                ])
        guarded.finish = Self.telling(action.finish)
        self.action = guarded
        options = ScriptOptions(
            privilege: host.become ? .root : .login, lane: .slow,
            timeout: .seconds(duty.seconds + 120))
    }

    /// How long a connection may take to answer before it counts as none.
    var patience: Duration { .seconds(max(5, min(15, seconds))) }

    private static func newToken() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz234567")
        return String((0..<16).map { _ in letters[Int.random(in: letters.indices)] })
    }

    /// `finish`, but for what the guard itself has to say.
    static func telling(
        _ finish: @escaping @Sendable (ScriptResult) throws(ActionError) -> [String: Value]
    ) -> @Sendable (ScriptResult) throws(ActionError) -> [String: Value] {
        { result throws(ActionError) in
            let said = String(decoding: result.error + result.output, as: UTF8.self)
            switch result.status {
            case NetworkGuardScripts.unarmed: throw ActionError(unarmed, output: said)
            case NetworkGuardScripts.busy: throw ActionError(busy, output: said)
            default: return try finish(result)
            }
        }
    }

    private static let unarmed =
        "nothing was changed: the host could not make ready to put it back by itself"
    private static let busy =
        "nothing was changed: the host may put back another change at any moment"
}

// MARK: - In the operator's words

extension GuardedChange {
    private func subject(_ host: HostName) -> String {
        "host \(host), task \(task.rawValue.drop { $0 != "/" }.dropFirst())"
    }

    /// A problem, if it was the guard that did not let it begin.
    func notBegun(_ error: ActionError, on host: HostName) -> TaskProblem? {
        guard error.message == Self.unarmed || error.message == Self.busy else { return nil }
        return TaskProblem(
            Diagnostic(.networkUnarmed, error.message, at: duty.place, subject: subject(host)),
            output: error.output)
    }

    func reverted(
        _ record: NetworkRevert.Record?, after error: (any Error)?, on host: HostName
    ) -> TaskProblem {
        let own = record?.token == token ? record : nil
        let isUndo = duty.isUndo
        let when = own.map { " at \($0.reverted)" } ?? ""
        let message: String
        if let own, own.because != NetworkRevert.Cause.unconfirmed.words {
            message =
                isUndo
                ? "the host took the undo of this back\(when): \(own.because)"
                : "the change was put back: \(own.because)\(when)"
        } else {
            let time = Duration.seconds(seconds).brief
            message =
                isUndo
                ? "no new connection came through within \(time) of the undo of this, so the host "
                    + "took it back\(when), and is as the run left it"
                : "no new connection came through within \(time) of this change, so the host put "
                    + "everything back\(when)"
        }
        let why = error.map { "The last attempt: \(Self.words(for: $0, host)). " } ?? ""
        let broken =
            (own?.failed ?? 0) > 0
            ? "Not all of it could be put back: see \(scripts.directory)/last.log there. " : ""
        return TaskProblem(
            Diagnostic(
                .networkReverted, "\(message); it can be reached again", at: duty.place,
                subject: subject(host),
                help: "\(why)\(broken)\(isUndo ? Self.afterUndo : Self.afterChange)")
        )
    }

    private static let afterChange =
        "Mend the task, then run again: the host is as it was before."
    private static let afterUndo = """
        What was there before the run does not let you in from here. Make another way in first, \
        or put it back at the host's console.
        """

    func lost(after error: any Error, on host: HostName) -> TaskProblem {
        TaskProblem(
            Diagnostic(
                .networkLost,
                "no new connection came through after \(duty.isUndo ? "the undo of this" : "this change"), nor since the host should have "
                    + "put it back by itself", at: duty.place, subject: subject(host),
                help: "The last attempt: \(Self.words(for: error, host)). At its console: "
                    + "sh \(scripts.directory)/revert all failed"),
            isUnreachable: true)
    }

    private static func words(for error: any Error, _ host: HostName) -> String {
        switch error {
        case let error as HostError: error.diagnostic(host: host).message
        case let error as ActionError: error.message
        case is TimeoutError: "it did not answer in time"
        default: "\(error)".visible
        }
    }
}
