import Hosts
import Loop
import Playbook
import Resources
import TaskGraph
import Template
import Vocabulary

/// A change of a task with `network: true` that is in force when it is made.
struct GuardedChange: Sendable {
    let task: GraphTask<HostTask>
    let isHandler: Bool
    let seconds: Int
    let scripts: NetworkGuardScripts
    /// Names this attempt on the host.
    let token: String
    /// The change, with what guards it.
    let action: Action
    /// For finflowctl's own scripts about it.
    let options: ScriptOptions

    init(
        _ action: Action, _ resource: any NetworkResource, _ mark: NetworkMark,
        of task: GraphTask<HostTask>, scripts: NetworkGuardScripts
    ) {
        var isHandler = false
        if case .handler = task.work.kind { isHandler = true }
        self.task = task
        self.isHandler = isHandler
        self.scripts = scripts
        seconds = mark.seconds
        token = Self.newToken()
        let restoration = resource.restoration
        var guarded = action
        guarded.script =
            (restoration.map { scripts.keeping($0) } ?? "")
            + scripts.changing(
                action.script(on: task.work.host), repeats: isHandler && restoration == nil,
                token: token,
                record: [
                    JSON.Member("task", .string(task.id.rawValue)),
                    JSON.Member("seconds", .int(mark.seconds)),
                ])
        guarded.finish = Self.telling(action.finish)
        self.action = guarded
        options = ScriptOptions(
            privilege: task.work.host.become ? .root : .login, lane: .slow,
            timeout: .seconds(mark.seconds + 120))
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
        "host \(host), task \(task.id.rawValue.drop { $0 != "/" }.dropFirst())"
    }

    /// A problem, if it was the guard that did not let it begin.
    func notBegun(_ error: ActionError, on host: HostName) -> TaskProblem? {
        guard error.message == Self.unarmed || error.message == Self.busy else { return nil }
        return TaskProblem(
            Diagnostic(.networkUnarmed, error.message, at: task.place, subject: subject(host)),
            output: error.output)
    }

    func reverted(
        _ record: NetworkRevert.Record?, after error: (any Error)?, on host: HostName
    ) -> TaskProblem {
        let own = record?.token == token ? record : nil
        let message: String
        if let own, own.because != NetworkRevert.Cause.unconfirmed.words {
            message = "the change was put back: \(own.because)"
        } else {
            message =
                "no new connection came through within \(Duration.seconds(seconds).brief) of this "
                + "change, so the host put everything back"
        }
        let when = own.map { " at \($0.reverted)" } ?? ""
        let why = error.map { "The last attempt: \(Self.words(for: $0, host)). " } ?? ""
        let broken =
            (own?.failed ?? 0) > 0
            ? "Not all of it could be put back: see \(scripts.directory)/last.log there. " : ""
        return TaskProblem(
            Diagnostic(
                .networkReverted, "\(message)\(when); it can be reached again", at: task.place,
                subject: subject(host),
                help: "\(why)\(broken)Mend the task, then run again: the host is as it was before.")
        )
    }

    func lost(after error: any Error, on host: HostName) -> TaskProblem {
        TaskProblem(
            Diagnostic(
                .networkLost,
                "no new connection came through after this change, nor since the host should have "
                    + "put it back by itself", at: task.place, subject: subject(host),
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
