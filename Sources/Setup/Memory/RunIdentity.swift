public import Record
public import Vocabulary

/// Who a run is: what a host's lock and its journal say of it.
public struct RunIdentity: Hashable, Sendable {
    public let run: RunID
    /// Without options: `setup`.
    public let command: String
    public let origin: RunOrigin
    public let since: Timestamp

    public init(run: RunID, command: String, origin: RunOrigin, since: Timestamp) {
        self.run = run
        self.command = command
        self.origin = origin
        self.since = since
    }

    /// A new run of this process.
    public static func new(command: String) -> RunIdentity {
        let run = RunID()
        return RunIdentity(run: run, command: command, origin: .current, since: run.time)
    }

    /// `setup 20261124T140312Z-k3f9q2 by alice from laptop (pid 4711) since 2026-11-24T14:03:12Z`
    public var inWords: String {
        "\(command.visible) \(run) by \(origin.who.account.visible) "
            + "from \(origin.who.machine.visible) (pid \(origin.process.number)) since \(since)"
    }
}
