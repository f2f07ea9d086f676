public import Vocabulary

/// The record of one run, as far as it can be read.
public struct RunRecord: Hashable, Sendable {
    /// A change, and what came of it.
    public struct Change: Hashable, Sendable {
        public var number: Int
        public var at: Timestamp
        /// Since the run began, in seconds.
        public var started: Double
        public var intent: IntendedChange
        /// `nil` where the record does not say.
        public var outcome: ChangeOutcome?
        public var seconds: Double?
    }

    public let run: RunID
    public private(set) var header: RunHeader?
    public private(set) var changes: [Change] = []
    public private(set) var ending: RunEnding?
    /// What of it cannot be read.
    public internal(set) var damage: [RecordDamage] = []
    /// How many tasks were as they should be and are not listed.
    public private(set) var unlisted: [String?: Int] = [:]
    private var listed: [RecordedTask] = []

    init(run: RunID) {
        self.run = run
    }

    mutating func add(_ entry: RunEntry) {
        switch entry {
        case .begin(let header):
            self.header = self.header ?? header
        case .willChange(let number, let at, let started, let intent):
            changes.append(Change(number: number, at: at, started: started, intent: intent))
        case .didChange(let number, _, let started, let seconds, let outcome):
            // The last one that began: it may have been told twice.
            guard let index = changes.lastIndex(where: { $0.number == number }) else { return }
            changes[index].outcome = outcome
            changes[index].started = started
            changes[index].seconds = seconds
        case .tasks(let host, let tasks, let unchanged):
            listed += tasks.map { task in
                var task = task
                task.host = task.host ?? host
                return task
            }
            unlisted[host, default: 0] += unchanged
        case .end(let ending):
            self.ending = ending
        case .other:
            break
        }
    }
}

extension RunRecord {
    public enum State: Hashable, Sendable {
        case ended(ExitStatus)
        /// Its process lives, on this machine.
        case running
        /// Its process is gone, on this machine, and it did not come to its end.
        case killed
        /// It has no end, and this machine cannot tell why.
        case unfinished
    }

    public var state: State { State(ending: ending, origin: header?.origin) }

    /// Its tasks: those that it lists, and those that it has only changes of.
    public var tasks: [RecordedTask] {
        var result = listed
        var indices: [String: Int] = [:]
        for (index, task) in result.enumerated() { indices[task.task] = index }
        for change in changes {
            let told = change.task(isOver: state != .running)
            guard let index = indices[told.task] else {
                indices[told.task] = result.count
                result.append(told)
                continue
            }
            result[index].add(told)
        }
        return result
    }

    /// How many tasks ended in each way.
    public var counts: [RecordedTask.Status: Int] {
        if let ending { return ending.counts }
        return tasks.reduce(into: [:]) { $0[$1.status, default: 0] += 1 }
    }

    /// How long it took, or as far as is known.
    public var seconds: Double {
        ending?.seconds ?? tasks.map { ($0.started ?? 0) + ($0.seconds ?? 0) }.max() ?? 0
    }
}

extension RunRecord.State {
    init(ending: RunEnding?, origin: RunOrigin?) {
        if let ending {
            self = .ended(ending.status)
        } else {
            switch origin?.isAlive {
            case true?: self = .running
            case false?: self = .killed
            case nil: self = .unfinished
            }
        }
    }

    /// For people and programs: `done`, `failed`, `killed`, …
    public var word: String {
        switch self {
        case .ended(.done): "done"
        case .ended(.partlyFailed): "partly failed"
        case .ended(.unreachable): "unreachable"
        case .ended(.locked): "locked"
        case .ended(.interrupted): "interrupted"
        case .ended(.changesPending): "changes pending"
        case .ended(.badInput), .ended(.usage): "refused"
        case .ended(.failed), .ended(.software): "failed"
        case .running: "running"
        case .killed: "killed"
        case .unfinished: "unfinished"
        }
    }

    public var isGood: Bool { self == .ended(.done) }
}

extension RunRecord.Change {
    fileprivate func task(isOver: Bool) -> RecordedTask {
        var task = RecordedTask(
            task: intent.task, host: intent.host, title: intent.title, place: intent.place,
            status: .unknown, started: started, seconds: seconds, changes: intent.changes)
        switch outcome {
        case .changed: task.status = .changed
        case .cancelled: task.status = .cancelled
        case .failed(let errors, let output):
            task.status = .failed
            task.errors = errors
            task.output = output
        case nil:
            task.because = isOver ? "the record does not say what came of it" : "under way"
        }
        return task
    }
}

extension RecordedTask {
    fileprivate mutating func add(_ change: RecordedTask) {
        // One that was tried again comes several times with the same changes.
        if !changes.starts(with: change.changes) { changes += change.changes }
        if errors.isEmpty, status == .failed { errors = change.errors }
        if output == nil, status == .failed { output = change.output }
    }
}

/// A piece of a record that is not as it was written.
public struct RecordDamage: Hashable, Sendable {
    /// Which piece, or which run.
    public var place: String
    public var message: String

    public init(place: String, message: String) {
        self.place = place
        self.message = message
    }
}
