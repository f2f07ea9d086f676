import Hosts
import Playbook
import Synchronization
import TaskGraph

/// Says of each host when the last of the tasks that are done on it has ended, however it ended:
/// then nothing more is done there, and what the run holds of the host (its lock, a connection)
/// is given back, while others may have hours to go.
final class HostEndings: Sendable {
    /// Where each task is done, which is not always the host that it is for.
    private let places: [TaskID: HostName]
    private let left: Mutex<[HostName: Int]>
    /// Each host once.
    let ended: AsyncStream<HostName>
    private let continuation: AsyncStream<HostName>.Continuation

    init(_ graph: Graph<HostTask>) {
        var counts: [HostName: Int] = [:]
        var places: [TaskID: HostName] = [:]
        for task in graph.tasks {
            places[task.id] = task.work.host.name
            counts[task.work.host.name, default: 0] += 1
        }
        self.places = places
        left = Mutex(counts)
        (ended, continuation) = AsyncStream.makeStream()
    }

    func note(_ event: RunEvent) {
        guard case .taskFinished(let report) = event, let host = places[report.id] else { return }
        let isLast = left.withLock { left in
            left[host, default: 0] -= 1
            return left[host] == 0
        }
        if isLast { continuation.yield(host) }
    }

    /// The run has ended: no further host will.
    func finish() { continuation.finish() }
}
