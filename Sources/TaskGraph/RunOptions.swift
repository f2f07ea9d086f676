/// How a graph is run.
public struct RunOptions: Sendable {
    /// How many tasks run at the same time, over all hosts.
    public var limit = 256
    /// How many of them on one host.
    public var perHost = 8
    /// How many may hold a semaphore; one, where nothing is said.
    public var semaphores: [SemaphoreName: Int] = [:]
    public var stop = StopSignal()
    /// How long running tasks may take to a safe point after a gentle stop; then they are cut.
    public var grace: Duration = .seconds(30)
    /// How long what was cut may take to come back; then the run ends without it. Work that is
    /// left behind goes on until the program ends, so end that.
    public var patience: Duration = .seconds(10)
    public var journal: (any Journal)?
    /// Whether another attempt could go better. The default retries whatever a task's policy
    /// allows; say `false` for what no repetition mends: a wrong key, a bad template.
    public var isWorthRetrying: @Sendable (any Error) -> Bool = { _ in true }
    /// Measures timeouts, waits and durations.
    public var clock: any Clock<Duration> = ContinuousClock()
    /// Where the jitter of retries comes from.
    public var seed = UInt64.random(in: .min ... .max)

    public init() {}
}
