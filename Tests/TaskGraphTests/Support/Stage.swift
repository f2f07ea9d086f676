import Synchronization
import TaskGraph

/// Performs tasks for a test: each one stands still until the test lets it go.
final class Stage: Sendable {
    typealias Ending = Result<TaskOutcome<String>, any Error>

    private struct State {
        var started: [TaskID] = []
        var playing: [TaskID: CheckedContinuation<TaskOutcome<String>, any Error>] = [:]
        var early: [TaskID: Ending] = [:]
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// In the order of starting, each attempt once.
    var started: [TaskID] { state.withLock { $0.started } }

    func perform<Work>(_ task: GraphTask<Work>) async throws -> TaskOutcome<String> {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (ending, watchers) = state.withLock {
                    state -> (Ending?, [CheckedContinuation<Void, Never>]) in
                    state.started.append(task.id)
                    let due = state.watchers.filter { $0.count <= state.started.count }
                    state.watchers.removeAll { $0.count <= state.started.count }
                    let ending =
                        Task.isCancelled
                        ? .failure(CancellationError())
                        : state.early.removeValue(forKey: task.id)
                    if ending == nil { state.playing[task.id] = continuation }
                    return (ending, due.map(\.continuation))
                }
                if let ending { continuation.resume(with: ending) }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            let playing = state.withLock { $0.playing.removeValue(forKey: task.id) }
            playing?.resume(throwing: CancellationError())
        }
    }

    /// Ends a task, or sees to it that it ends as soon as it starts.
    func finish(_ id: TaskID, _ status: OutcomeStatus = .unchanged, outputs: String? = nil) {
        end(id, .success(TaskOutcome(status, outputs: outputs)))
    }

    func fail(_ id: TaskID, _ error: any Error = Broken()) {
        end(id, .failure(error))
    }

    private func end(_ id: TaskID, _ ending: Ending) {
        let playing = state.withLock { state in
            let playing = state.playing.removeValue(forKey: id)
            if playing == nil { state.early[id] = ending }
            return playing
        }
        playing?.resume(with: ending)
    }

    /// Waits until so many attempts have started, and returns them.
    func whenStarted(_ count: Int) async -> [TaskID] {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isDue = state.withLock { state in
                if state.started.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isDue { continuation.resume() }
        }
        return started
    }
}

struct Broken: Error {}

extension Graph {
    /// Runs the graph on a stage.
    func play(
        on stage: Stage, _ options: RunOptions = RunOptions(),
        events: (@Sendable (RunEvent) -> Void)? = nil
    ) async -> RunResult<String> {
        await run(options, events: events) { task, _ in try await stage.perform(task) }
    }
}

extension RunResult {
    /// Names and how they ended, short enough to read in an expectation.
    var endings: [String: String] {
        Dictionary(
            uniqueKeysWithValues: reports.map { report in
                let text: String
                switch report.status {
                case .pruned(let root): text = "pruned by \(root)"
                case .notStarted(.stopped): text = "not started: stopped"
                case .notStarted(.batchHalted(let group)): text = "not started: \(group) halted"
                default: text = report.status.kind.rawValue
                }
                return (report.id.rawValue, text)
            })
    }
}
