/// What became of one task.
public struct TaskReport: Sendable, Identifiable {
    public let id: TaskID
    public let title: String
    public let host: String?
    public let status: TaskStatus
    public let changes: [Change]
    /// How often it was tried: 0 for a task that did not run.
    public let attempts: Int
    /// When its first attempt began, since the start of the run; `nil` if it did not run.
    public let started: Duration?
    /// When its status was known, since the start of the run.
    public let finished: Duration

    public init(
        id: TaskID, title: String, host: String?, status: TaskStatus, changes: [Change] = [],
        attempts: Int, started: Duration?, finished: Duration
    ) {
        self.id = id
        self.title = title
        self.host = host
        self.status = status
        self.changes = changes
        self.attempts = attempts
        self.started = started
        self.finished = finished
    }
}

/// What became of a run, in numbers.
public struct RunSummary: Sendable {
    /// How the run itself ended: `.running` when it went on to its end by itself.
    public let stop: StopSignal.Level
    public let duration: Duration
    public private(set) var counts: [TaskStatus.Kind: Int] = [:]

    public init(stop: StopSignal.Level, duration: Duration, statuses: some Sequence<TaskStatus>) {
        self.stop = stop
        self.duration = duration
        for status in statuses { counts[status.kind, default: 0] += 1 }
    }

    public subscript(kind: TaskStatus.Kind) -> Int { counts[kind, default: 0] }
}

/// What became of a run.
public struct RunResult<Output: Sendable>: Sendable {
    /// Of every task of the graph, in the graph's topological order.
    public let reports: [TaskReport]
    public let summary: RunSummary
    let outputs: [TaskID: Output]
    let positions: [TaskID: Int]
    /// Queue operations of the scheduler: what grows with the graph if nothing else does.
    public let effort: Int

    init(reports: [TaskReport], summary: RunSummary, outputs: [TaskID: Output], effort: Int) {
        self.reports = reports
        self.summary = summary
        self.outputs = outputs
        self.effort = effort
        positions = Dictionary(
            uniqueKeysWithValues: reports.enumerated().map { ($0.element.id, $0.offset) })
    }

    public subscript(id: TaskID) -> TaskReport? { positions[id].map { reports[$0] } }
    public func outputs(of id: TaskID) -> Output? { outputs[id] }

    public var failed: [TaskReport] { reports.filter { $0.status.kind == .failed } }

    /// Whether everything is now as desired.
    public var isGood: Bool { reports.allSatisfy(\.status.isGood) }
}
