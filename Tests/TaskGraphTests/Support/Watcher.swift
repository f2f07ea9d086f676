import Synchronization
import TaskGraph

/// Performs random tasks and keeps an eye on what must hold in every run.
final class Watcher: Sendable {
    private struct State {
        var begun: [TaskID: Int] = [:]
        var through: Set<TaskID> = []
        var active: Set<TaskID> = []
        var mustNotBegin: Set<TaskID> = []
        var attempts = 0
        var running = 0
        var onHost: [String: Int] = [:]
        var holding: [SemaphoreName: Int] = [:]
        var most = 0
        var broken: [String] = []
    }

    private let graph: Graph<Part>
    private let options: RunOptions
    private let clock: ManualClock
    private let state = Mutex(State())
    /// Called when so many attempts have begun.
    private let alarm: (after: Int, ring: @Sendable () -> Void)?

    init(
        _ graph: Graph<Part>, _ options: RunOptions, _ clock: ManualClock,
        alarm: (after: Int, ring: @Sendable () -> Void)? = nil
    ) {
        self.graph = graph
        self.options = options
        self.clock = clock
        self.alarm = alarm
    }

    /// What did not hold.
    var broken: [String] { state.withLock { $0.broken } }
    /// How often each task was begun.
    var begun: [TaskID: Int] { state.withLock { $0.begun } }
    var mostAtOnce: Int { state.withLock { $0.most } }

    func perform(
        _ task: GraphTask<Part>, _ context: TaskContext<String>
    ) async throws -> TaskOutcome<String> {
        begin(task, context)
        defer { state.withLock { leave(task, &$0) } }
        if task.work.milliseconds > 0 {
            let deadline = clock.now.advanced(by: .milliseconds(task.work.milliseconds))
            try await clock.sleep(until: deadline, tolerance: nil)
        } else {
            await Task.yield()
        }
        if context.attempt <= task.work.failures { throw Broken() }
        _ = state.withLock { $0.through.insert(task.id) }
        return TaskOutcome(
            task.work.isChange ? .changed : .unchanged, outputs: "of \(task.id)")
    }

    private func begin(_ task: GraphTask<Part>, _ context: TaskContext<String>) {
        let outputs = context.outputs
        let edges = graph.edges(of: task.id)
        let total = state.withLock { state in
            state.begun[task.id, default: 0] += 1
            state.running += 1
            state.most = max(state.most, state.running)
            if state.begun[task.id] != context.attempt {
                state.broken.append("\(task.id) was begun too often")
            }
            for edge in edges {
                let isDone =
                    edge.reason.isBinding
                    ? state.through.contains(edge.on)
                        && outputs[edge.on] == "of \(edge.on)"
                    : !state.active.contains(edge.on)
                if !isDone { state.broken.append("\(task.id) began before \(edge.on) was through") }
                if edge.reason.isBinding { continue }
                // Mere order: what came first has ended for good, or will never begin.
                state.mustNotBegin.insert(edge.on)
            }
            if state.mustNotBegin.contains(task.id) {
                state.broken.append("\(task.id) began after what it comes before")
            }
            enter(task, &state)
            state.attempts += 1
            return state.attempts
        }
        if let alarm, total == alarm.after { alarm.ring() }
    }

    private func enter(_ task: GraphTask<Part>, _ state: inout State) {
        state.active.insert(task.id)
        if state.running > options.limit { state.broken.append("too many at once") }
        if let host = task.host {
            state.onHost[host, default: 0] += 1
            if state.onHost[host, default: 0] > options.perHost {
                state.broken.append("too many on \(host)")
            }
        }
        for name in Set(task.semaphores) {
            state.holding[name, default: 0] += 1
            if state.holding[name, default: 0] > options.semaphores[name] ?? 1 {
                state.broken.append("too many hold \(name)")
            }
        }
    }

    private func leave(_ task: GraphTask<Part>, _ state: inout State) {
        state.running -= 1
        state.active.remove(task.id)
        if let host = task.host { state.onHost[host, default: 0] -= 1 }
        for name in Set(task.semaphores) { state.holding[name, default: 0] -= 1 }
    }
}
