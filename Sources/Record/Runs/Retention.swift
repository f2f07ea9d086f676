import Vocabulary

/// How long records are kept. The oldest go first, so that what is left has no holes.
public struct Retention: Hashable, Sendable {
    public struct Limit: Hashable, Sendable {
        /// More than these are not kept.
        public var most: Int
        /// Older ones are not kept. How old they are is told by the runs since: one run under a
        /// clock that went wrong removes nothing.
        public var days: Int
        /// So many are kept however old they are, and the first of them tells the time.
        public var least: Int

        public init(most: Int, days: Int, least: Int) {
            self.most = most
            self.days = days
            self.least = least
        }

        /// How many of these, of which the oldest is first, are to go.
        func expired(_ runs: [RunID], at now: Timestamp) -> Int {
            guard runs.count > least else { return 0 }
            let told = least > 0 ? min(now, runs[runs.count - least].time) : now
            let oldest = told.adding(seconds: -Double(days) * 86400)
            let old = runs.prefix { $0.time < oldest }.count
            return max(0, min(max(old, runs.count - most), runs.count - least))
        }
    }

    /// Runs that changed something or failed.
    public var runs: Limit
    /// Runs that had nothing to do.
    public var quiet: Limit

    public init(runs: Limit, quiet: Limit) {
        self.runs = runs
        self.quiet = quiet
    }

    /// 5,000 runs and 400 days of those that did something; 1,000 and 100 days of the others;
    /// never fewer than 20.
    public static let standard = Retention(
        runs: Limit(most: 5000, days: 400, least: 20),
        quiet: Limit(most: 1000, days: 100, least: 20))

    subscript(folder: RunFolder) -> Limit { folder == .runs ? runs : quiet }

    /// No more than so many go at the end of one run.
    static let atOnce = 100
}
