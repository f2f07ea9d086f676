import Playbook
import Synchronization
import TaskGraph

/// Says of each host when the last of its tasks has ended, however it ended: then nothing more is
/// done there, and what the run holds of the host (its lock, a connection) is given back, while
/// others may have hours to go.
final class HostEndings: Sendable {
    private let left: Mutex<[String: Int]>
    /// Each host once.
    let ended: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init(_ graph: Graph<HostTask>) {
        var counts: [String: Int] = [:]
        for task in graph.tasks { counts[task.work.host.name.rawValue, default: 0] += 1 }
        left = Mutex(counts)
        (ended, continuation) = AsyncStream.makeStream()
    }

    func note(_ event: RunEvent) {
        guard case .taskFinished(let report) = event, let host = report.host else { return }
        let isLast = left.withLock { left in
            left[host, default: 0] -= 1
            return left[host] == 0
        }
        if isLast { continuation.yield(host) }
    }

    /// The run has ended: no further host will.
    func finish() { continuation.finish() }
}
