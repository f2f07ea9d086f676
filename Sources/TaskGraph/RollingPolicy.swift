/// How the hosts of a rolling group take turns.
///
/// The hosts stand in the order in which the tasks name them first, and are cut into batches.
/// The group's tasks on the hosts of a batch start when all its tasks on the batch before have
/// ended. When more hosts of a batch than `maxFailures` did not come through, no further batch
/// starts. The order of hosts is the author's: a task that waits for one in a later batch is an
/// error when the graph is checked, and no reason to turn the batches round.
public struct RollingPolicy: Hashable, Sendable {
    public var batch: BatchSize
    public var maxFailures: Int

    public init(batch: BatchSize, maxFailures: Int = 0) {
        self.batch = batch
        self.maxFailures = maxFailures
    }
}

/// `1` or `25%`.
public enum BatchSize: Hashable, Sendable {
    case count(Int)
    case percent(Int)

    /// How many of so many hosts make one batch: at least one; a share is rounded down.
    public func hosts(of total: Int) -> Int {
        switch self {
        case .count(let count): max(1, count)
        case .percent(let percent): max(1, total * percent / 100)
        }
    }
}

extension BatchSize: LosslessStringConvertible {
    public init?(_ description: String) {
        let isShare = description.hasSuffix("%")
        guard let number = Int(isShare ? description.dropLast() : description[...]), number > 0
        else { return nil }
        if isShare, number > 100 { return nil }
        self = isShare ? .percent(number) : .count(number)
    }

    public var description: String {
        switch self {
        case .count(let count): "\(count)"
        case .percent(let percent): "\(percent)%"
        }
    }
}
