/// Which snapshots are to stay. All numbers count *good* snapshots alone: those that were proven
/// readable or better.
public struct RetentionPolicy: Hashable, Sendable {
    /// The newest ones.
    public var last = 0
    /// The newest one of each of so many days, weeks (from Monday) and months that have any, in
    /// UTC.
    public var daily = 0
    public var weekly = 0
    public var monthly = 0
    /// Of each database so many good ones stay, whatever else is said.
    public var minimum = 2

    public init(
        last: Int = 0, daily: Int = 0, weekly: Int = 0, monthly: Int = 0, minimum: Int = 2
    ) {
        self.last = last
        self.daily = daily
        self.weekly = weekly
        self.monthly = monthly
        self.minimum = minimum
    }

    /// Whether it says nothing of what is to stay: then all does.
    public var isEmpty: Bool { last <= 0 && daily <= 0 && weekly <= 0 && monthly <= 0 }
}
