import Vocabulary

/// The one place where a run's state changes. Children do the work, wait and listen; what they
/// come back with is handled here, one message after another.
struct RunLoop {
    private enum Message: Sendable {
        case attempted(Int, Attempt)
        case retryDue(Int)
        case stopped
        case graceOver
    }

    private typealias Children = TaskGroup<Message>

    private let tasks: [Card]
    private let wiring: Wiring
    private let options: RunOptions
    private let time: Timekeeper
    private let changes: ChangeMemory
    private let emit: ((RunEvent) -> Void)?
    private let perform: @Sendable (_ attempt: Int, _ node: Int) async -> Attempt
    private var scheduler: Scheduler
    private var progress: [Progress]
    private var reports: [TaskReport?]
    /// Tasks between two attempts.
    private var backingOff: Set<Int> = []
    private var running = 0
    private var level = StopSignal.Level.running

    init<Work>(
        _ graph: Graph<Work>, _ options: RunOptions, _ time: Timekeeper, _ changes: ChangeMemory,
        emit: ((RunEvent) -> Void)?,
        perform: @escaping @Sendable (_ attempt: Int, _ node: Int) async -> Attempt
    ) {
        tasks = graph.tasks.map {
            Card(id: $0.id, title: $0.title, host: $0.host, retry: $0.retry)
        }
        wiring = graph.wiring
        self.options = options
        self.time = time
        self.changes = changes
        self.emit = emit
        self.perform = perform
        scheduler = Scheduler(graph, options)
        progress = [Progress](repeating: Progress(), count: tasks.count)
        reports = [TaskReport?](repeating: nil, count: tasks.count)
    }

    /// What the loop needs of a task. That the task's work is not part of it keeps the loop
    /// free of generics, which cost more than all else that it does for a task.
    private struct Card {
        let id: TaskID
        let title: String
        let host: String?
        let retry: RetryPolicy
    }

    mutating func run() async -> RunEnd {
        let hosts = Set(tasks.lazy.compactMap(\.host)).count
        emit?(.runStarted(tasks: tasks.count, hosts: hosts))
        await withTaskGroup(of: Message.self) { group in
            rise(to: Task.isCancelled ? .now : options.stop.level, &group)
            listen(&group)
            while true {
                while let node = scheduler.start() { begin(node, &group) }
                tell(scheduler.takeNews())
                guard scheduler.unsettled > 0 else { break }
                precondition(running + backingOff.count > 0, "tasks wait, and nothing will end")
                guard let message = await group.next() else { break }
                handle(message, &group)
            }
            // What still listens or waits for a retry has nothing to wait for.
            group.cancelAll()
        }
        return end()
    }

    private mutating func handle(_ message: Message, _ group: inout Children) {
        // Before anything else: the listener's own message may still be on its way, and where
        // the run's task was cancelled, its children are too.
        rise(to: Task.isCancelled ? .now : options.stop.level, &group)
        switch message {
        case .attempted(let node, let attempt):
            finish(node, attempt, &group)
        case .retryDue(let node):
            if backingOff.remove(node) != nil { scheduler.requeue(node) }
        case .graceOver:
            rise(to: .now, &group)
        case .stopped:
            listen(&group)
        }
    }

    // MARK: Attempts

    private mutating func begin(_ node: Int, _ group: inout Children) {
        // What a task that starts sees of the others must be all there.
        tell(scheduler.takeNews())
        running += 1
        progress[node].attempts += 1
        let number = progress[node].attempts
        if number == 1 { changes.close(node) }
        let task = tasks[node]
        emit?(.taskStarted(task.id, host: task.host, title: task.title, attempt: number))
        let (perform, time, patience) = (perform, time, options.patience)
        group.addTask {
            let began = time.elapsed()
            let attempt = await abandonable(after: patience, time) { await perform(number, node) }
            return .attempted(
                node, attempt ?? Attempt(ending: .cancelled, began: began, ended: time.elapsed()))
        }
    }

    private mutating func finish(
        _ node: Int, _ attempt: Attempt, _ group: inout Children
    ) {
        running -= 1
        scheduler.release(node)
        progress[node].take(attempt)
        switch attempt.ending {
        case .succeeded:
            scheduler.settle(node, as: .succeeded)
        case .failed(let failure, _):
            if !retry(node, after: failure, &group) { scheduler.settle(node, as: .failed) }
        case .cancelled:
            scheduler.settle(node, as: .cancelled)
        case .notBegun:
            settleUnfinished(node)
        }
    }

    private mutating func retry(
        _ node: Int, after failure: TaskFailure, _ group: inout Children
    ) -> Bool {
        guard level == .running, failure.isWorthRetrying(options.isWorthRetrying) else {
            return false
        }
        let task = tasks[node]
        let attempts = progress[node].attempts
        // Of the node and the attempt alone, so that no interleaving changes it.
        let seed = options.seed ^ (UInt64(node) << 16) ^ UInt64(attempts)
        var generator = SeededGenerator(seed: seed)
        guard let wait = task.retry.delay(afterAttempt: attempts, using: &generator)
        else { return false }
        emit?(
            .taskRetrying(task.id, host: task.host, after: failure, attempt: attempts + 1, in: wait)
        )
        backingOff.insert(node)
        let time = time
        group.addTask {
            // Cut short it comes back as well, and is then no longer expected.
            try? await time.sleep(wait)
            return .retryDue(node)
        }
        return true
    }

    // MARK: Stopping

    private func listen(_ group: inout Children) {
        guard level < .now else { return }
        let (stop, level) = (options.stop, level)
        group.addTask {
            await stop.wait(past: level)
            return .stopped
        }
    }

    private mutating func rise(to asked: StopSignal.Level, _ group: inout Children) {
        guard asked > level else { return }
        let wasRunning = level == .running
        level = asked
        emit?(.stopping(asked, running: running))
        if wasRunning {
            let waiting = scheduler.stop() + backingOff.sorted()
            backingOff = []
            for node in waiting { settleUnfinished(node) }
        }
        if asked == .now {
            group.cancelAll()
        } else {
            let (time, grace) = (time, options.grace)
            group.addTask {
                try? await time.sleep(grace)
                return .graceOver
            }
        }
    }

    /// A task whose next attempt will not come: it failed if there was one before.
    private mutating func settleUnfinished(_ node: Int) {
        let hasFailed = progress[node].failure != nil
        scheduler.settle(node, as: hasFailed ? .failed : .withheld(.stopped))
    }

    // MARK: Reports

    private mutating func tell(_ news: [Scheduler.News]) {
        for news in news {
            switch news {
            case .settled(let node, let ending):
                if node < tasks.count {
                    report(node, ending)
                } else {
                    changes.close(node)
                }
            case .batchStarted(let batch):
                emit?(.batchStarted(.init(wiring.batches[batch])))
            case .batchHalted(let batch, let failed):
                emit?(.batchHalted(.init(wiring.batches[batch]), failed: failed))
            }
        }
    }

    private mutating func report(_ node: Int, _ ending: Scheduler.Ending) {
        let task = tasks[node]
        let report = TaskReport(
            id: task.id, title: task.title, host: task.host,
            status: progress[node].status(ending, ids: wiring.ids),
            changes: progress[node].changes,
            attempts: progress[node].attempts, started: progress[node].started,
            finished: progress[node].ended ?? time.elapsed())
        reports[node] = report
        emit?(.taskFinished(report))
    }

    private func end() -> RunEnd {
        let reports = wiring.order.lazy.filter { $0 < tasks.count }.compactMap { self.reports[$0] }
        let summary = RunSummary(
            stop: level, duration: time.elapsed(), statuses: reports.lazy.map(\.status))
        emit?(.runFinished(summary))
        return RunEnd(reports: Array(reports), summary: summary, effort: scheduler.effort)
    }
}

/// What the loop knows at the end: all of the result but the outputs.
struct RunEnd: Sendable {
    let reports: [TaskReport]
    let summary: RunSummary
    let effort: Int
}

extension TaskFailure {
    fileprivate func isWorthRetrying(_ judge: (any Error) -> Bool) -> Bool {
        switch self {
        case .performing(let error): judge(error)
        case .timedOut: judge(self)
        case .journal: false
        }
    }
}

extension RunEvent.Batch {
    fileprivate init(_ batch: Batch) {
        self.init(group: batch.group, number: batch.number, of: batch.of, hosts: batch.hosts)
    }
}
