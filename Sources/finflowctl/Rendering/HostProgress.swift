import TaskGraph

/// How far a host is, as the events tell.
struct HostProgress {
    let total: Int
    private(set) var done = 0
    private(set) var changed = 0
    private(set) var isFailed = false
    /// What runs now, in the order of starting.
    private(set) var running: [(id: TaskID, title: String, since: ContinuousClock.Instant)] = []

    init(total: Int) {
        self.total = total
    }

    var isActive: Bool { !running.isEmpty }
    var isDone: Bool { done >= total }

    mutating func started(_ id: TaskID, title: String) {
        running.removeAll { $0.id == id }
        running.append((id, title, .now))
    }

    mutating func finished(_ report: TaskReport) {
        running.removeAll { $0.id == report.id }
        done += 1
        switch report.status.kind {
        case .changed: changed += 1
        case .failed: isFailed = true
        default: break
        }
    }
}
