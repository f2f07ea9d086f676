/// Cuts the hosts of each rolling group into batches. A batch ends in a node of its own, which
/// comes after all its tasks and before all of the next batch: so the barrier costs one link a
/// task, and a deadlock between batches is a cycle like any other.
struct Batching {
    private(set) var batches: [Batch] = []
    private(set) var batchOfTask: [Int: Int] = [:]
    private var links: [Link] = []

    init(turns: [Turn], rolling: [RollingGroup: RollingPolicy], firstNode: Int) {
        guard !rolling.isEmpty else { return }
        var groups: [RollingGroup] = []
        var hosts: [RollingGroup: [String]] = [:]
        var seen: Set<Pair> = []
        for turn in turns {
            guard let group = turn.group, let host = turn.host, rolling[group] != nil,
                seen.insert(Pair(group: group, host: host)).inserted
            else { continue }
            if hosts[group] == nil { groups.append(group) }
            hosts[group, default: []].append(host)
        }
        var batchOfHost: [Pair: Int] = [:]
        for group in groups {
            guard let policy = rolling[group], let hosts = hosts[group] else { continue }
            let size = policy.batch.hosts(of: hosts.count)
            let count = (hosts.count + size - 1) / size
            for number in 0..<count {
                let members = Array(hosts[(number * size)..<min(hosts.count, (number + 1) * size)])
                for host in members { batchOfHost[Pair(group: group, host: host)] = batches.count }
                batches.append(Batch(group: group, number: number + 1, of: count, hosts: members))
            }
        }
        for (task, turn) in turns.enumerated() {
            guard let group = turn.group, let host = turn.host,
                let batch = batchOfHost[Pair(group: group, host: host)]
            else { continue }
            batchOfTask[task] = batch
            let number = batches[batch].number
            links.append(
                Link(before: task, after: firstNode + batch, reason: .batch("is in the batch")))
            if number > 1 {
                let why = "batch \(number) of `\(group)` starts when batch \(number - 1) has ended"
                links.append(
                    Link(before: firstNode + batch - 1, after: task, reason: .batch(why)))
            }
        }
    }

    mutating func takeLinks() -> [Link] {
        defer { links = [] }
        return links
    }

    private struct Pair: Hashable {
        var group: RollingGroup
        var host: String
    }
}
