/// The exit statuses of `finflowctl`; 64, 65 and 70 as in `sysexits(3)`.
public enum ExitStatus: Int32, Hashable, Sendable, CaseIterable {
    /// Done, or nothing to do.
    case done = 0
    case failed = 1
    /// Something would change; only from `plan` and `drift`.
    case changesPending = 2
    /// Some hosts or items failed, others did not.
    case partlyFailed = 3
    case unreachable = 4
    case locked = 5
    case usage = 64
    /// A playbook or configuration that cannot be accepted.
    case badInput = 65
    /// A bug in finflowctl.
    case software = 70
    case interrupted = 130
}
