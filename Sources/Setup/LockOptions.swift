/// How the locks of hosts are treated.
public struct LockOptions: Sendable {
    /// How long a lock outlives its run's last sign of life.
    public var expiry: Duration
    /// How long a host that another run changes is waited for.
    public var wait: Duration

    public init(expiry: Duration = .seconds(60), wait: Duration = .zero) {
        self.expiry = expiry
        self.wait = wait
    }
}
