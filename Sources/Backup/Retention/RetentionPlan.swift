public import Vocabulary

/// What becomes of each snapshot of a repository: a pure function of what is known of them.
public struct RetentionPlan: Hashable, Sendable {
    /// A snapshot, as far as it matters here.
    public struct Candidate: Hashable, Sendable {
        public var id: SnapshotID
        /// Names of databases and configuration sets: each is counted for itself, so that a
        /// snapshot of one does not push out another's last.
        public var contents: Set<String>
        public var level: VerificationLevel?
        /// Somebody reads or writes it now.
        public var isLeased: Bool
        /// Until when the store keeps it; nothing deletes it before.
        public var retainedUntil: Timestamp?

        public init(
            id: SnapshotID, contents: Set<String>, level: VerificationLevel?,
            isLeased: Bool = false, retainedUntil: Timestamp? = nil
        ) {
            self.id = id
            self.contents = contents
            self.level = level
            self.isLeased = isLeased
            self.retainedUntil = retainedUntil
        }

        var isGood: Bool { level.map { $0 >= .readable } ?? false }
    }

    public enum Reason: Hashable, Sendable, Comparable {
        /// There is no rule.
        case noPolicy
        case last
        case daily
        case weekly
        case monthly
        /// Fewer good ones than the minimum would be left of something.
        case minimum
        /// Not proven readable yet, and newer than what is.
        case unproven
        case leased
        case retained
    }

    /// Why each that stays does; newest first.
    public var kept: [(id: SnapshotID, reasons: [Reason])] {
        reasons.sorted { $0.key > $1.key }.map { ($0.key, $0.value.sorted()) }
    }
    /// What goes; oldest first.
    public private(set) var removed: [SnapshotID] = []

    private var reasons: [SnapshotID: Set<Reason>] = [:]

    public init(
        of candidates: [Candidate], under policy: RetentionPolicy, at now: Timestamp
    ) {
        let newestFirst = candidates.sorted { $0.id > $1.id }
        if policy.isEmpty { for candidate in newestFirst { keep(candidate, .noPolicy) } }
        for name in Set(candidates.flatMap(\.contents)) {
            apply(policy, to: newestFirst.filter { $0.contents.contains(name) })
        }
        for candidate in newestFirst {
            if candidate.isLeased { keep(candidate, .leased) }
            if let until = candidate.retainedUntil, until > now { keep(candidate, .retained) }
        }
        removed = newestFirst.map(\.id).filter { reasons[$0] == nil }.reversed()
    }

    private mutating func keep(_ candidate: Candidate, _ reason: Reason) {
        reasons[candidate.id, default: []].insert(reason)
    }

    /// - Parameter candidates: all that hold one thing, newest first.
    private mutating func apply(_ policy: RetentionPolicy, to candidates: [Candidate]) {
        let good = candidates.filter(\.isGood)
        for candidate in good.prefix(max(0, policy.last)) { keep(candidate, .last) }
        for candidate in good.prefix(max(0, policy.minimum)) { keep(candidate, .minimum) }
        keepNewest(of: policy.daily, .daily, good) { $0.day }
        keepNewest(of: policy.weekly, .weekly, good) { $0.week }
        keepNewest(of: policy.monthly, .monthly, good) { $0.month }
        // Where too few are good, one that was not proven may be the best there is.
        let isShort = good.count < policy.minimum
        for candidate in candidates where !candidate.isGood {
            if isShort || good.first.map({ candidate.id > $0.id }) ?? true {
                keep(candidate, .unproven)
            }
        }
    }

    private mutating func keepNewest(
        of count: Int, _ reason: Reason, _ good: [Candidate], period: (Timestamp) -> Int
    ) {
        var periods: Set<Int> = []
        for candidate in good {
            guard periods.count < count else { return }
            if periods.insert(period(candidate.id.time)).inserted { keep(candidate, reason) }
        }
    }
}

extension Timestamp {
    fileprivate var day: Int { seconds.flooredQuotient(86_400) }
    /// 1970-01-01 was a Thursday.
    fileprivate var week: Int { (day + 3).flooredQuotient(7) }
    /// A number for each month of each year.
    fileprivate var month: Int {
        let text = compact.prefix { $0 != "T" }.dropLast(2)
        return Int(text) ?? 0
    }
}

extension Int {
    fileprivate func flooredQuotient(_ divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
