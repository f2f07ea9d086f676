import Playbook
import TaskGraph
import Vocabulary

/// How a change is to be guarded that could cut its host off.
struct NetworkDuty: Sendable {
    var task: TaskID
    /// Where the task is declared.
    var place: SourcePlace?
    var isHandler = false
    /// How long the host waits for a new connection.
    var seconds: Int
    /// What brings into force what it writes: handlers with the same mark.
    var handlers: [TaskID] = []
    /// Whether it puts back what a run changed.
    var isUndo = false
}

extension NetworkDuty {
    /// Of a task of a playbook; `nil` unless it says `network: true`.
    init?(_ node: GraphTask<HostTask>) {
        guard let mark = node.work.resource?.network else { return nil }
        self.init(
            task: node.id, place: node.place, seconds: mark.seconds, handlers: mark.handlers)
        if case .handler = node.work.kind { isHandler = true }
    }
}
