/// How often a failed task is tried, and how long it waits in between.
public struct RetryPolicy: Hashable, Sendable {
    /// All attempts, the first one included.
    public var attempts: Int
    /// The wait before the second attempt.
    public var initial: Duration
    /// What each further wait is multiplied with.
    public var factor: Double
    /// No wait is longer.
    public var longest: Duration
    /// The share of a wait, 0 to 1, that chance may take off it, so that hosts which failed
    /// together do not come back together.
    public var jitter: Double

    public init(
        attempts: Int,
        initial: Duration = .seconds(1),
        factor: Double = 2,
        longest: Duration = .seconds(60),
        jitter: Double = 0.2
    ) {
        self.attempts = max(1, attempts)
        self.initial = initial
        self.factor = factor
        self.longest = longest
        self.jitter = min(max(jitter, 0), 1)
    }

    public static let never = RetryPolicy(attempts: 1)

    /// The wait after the failure of an attempt (the first one is 1); `nil` when it was the last.
    public func delay(
        afterAttempt attempt: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard attempt < attempts else { return nil }
        // Grown step by step and cut at each one, so that no power overflows a Duration.
        var wait = min(initial, longest)
        for _ in 1..<max(1, attempt) where wait < longest {
            wait = min(wait * factor, longest)
        }
        return wait * (1 - jitter * Double.random(in: 0...1, using: &generator))
    }
}
