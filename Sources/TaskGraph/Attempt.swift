/// One attempt of one task, as it came out.
struct Attempt<Output: Sendable>: Sendable {
    enum Ending: Sendable {
        case succeeded(TaskOutcome<Output>)
        /// With what was done nevertheless, if only its record failed.
        case failed(TaskFailure, done: TaskOutcome<Output>?)
        case cancelled
        /// The work was not touched: it was cancelled before, or its record could not be begun.
        case notBegun(TaskFailure?)
    }

    let ending: Ending
    let began: Duration
    let ended: Duration
}

/// Performs attempts: the journal before, the work within its time, the journal after.
struct Performance<Work: Sendable, Output: Sendable>: Sendable {
    typealias Perform =
        @Sendable (GraphTask<Work>, TaskContext<Output>) async throws -> TaskOutcome<Output>

    let tasks: [GraphTask<Work>]
    let perform: Perform
    let journal: (any Journal)?
    let stop: StopSignal
    let memory: RunMemory<Output>
    let time: Timekeeper

    func attempt(_ number: Int, of node: Int) async -> Attempt<Output> {
        let began = time.elapsed()
        let ending = await ending(of: node, attempt: number)
        return Attempt(ending: ending, began: began, ended: time.elapsed())
    }

    private func ending(of node: Int, attempt: Int) async -> Attempt<Output>.Ending {
        if Task.isCancelled { return .notBegun(nil) }
        let task = tasks[node]
        let context = TaskContext(attempt: attempt, node: node, memory: memory, stop: stop)
        guard let journal else { return await work(task, context) }

        let entry = JournalEntry(
            task: task.id, title: task.title, host: task.host, attempt: attempt)
        do {
            try await journal.willRun(entry)
        } catch {
            return .notBegun(Task.isCancelled ? nil : .journal(error, hasRun: attempt > 1))
        }
        let ending = await work(task, context)
        do {
            // A task of its own, awaited at once: what was done is written down although this
            // one may have been cancelled.
            try await Task { try await journal.didRun(entry, ending.told) }.value
        } catch {
            // Of two failures the first one is told.
            guard case .succeeded(let outcome) = ending else { return ending }
            return .failed(.journal(error, hasRun: true), done: outcome)
        }
        return ending
    }

    private func work(
        _ task: GraphTask<Work>, _ context: TaskContext<Output>
    ) async -> Attempt<Output>.Ending {
        guard let timeout = task.timeout else { return await perform(task, context) }
        return await withTaskGroup(of: Racer.self) { group in
            group.addTask { .work(await perform(task, context)) }
            group.addTask {
                do {
                    try await time.sleep(timeout)
                    return .bell
                } catch {
                    return .silence
                }
            }
            var rang = false
            for await racer in group {
                switch racer {
                case .bell:
                    rang = true
                    group.cancelAll()
                case .silence: continue
                case .work(.succeeded(let outcome)):
                    // Also when the bell rang first: it is done, and that is the truth.
                    group.cancelAll()
                    return .succeeded(outcome)
                case .work(let ending):
                    group.cancelAll()
                    return rang ? .failed(.timedOut(after: timeout), done: nil) : ending
                }
            }
            return .cancelled
        }
    }

    private enum Racer: Sendable {
        case work(Attempt<Output>.Ending)
        case bell, silence
    }

    private func perform(
        _ task: GraphTask<Work>, _ context: TaskContext<Output>
    ) async -> Attempt<Output>.Ending {
        do {
            return .succeeded(try await perform(task, context))
        } catch {
            return Task.isCancelled ? .cancelled : .failed(.performing(error), done: nil)
        }
    }
}

extension Attempt.Ending {
    /// As the journal hears of it.
    fileprivate var told: AttemptEnding {
        switch self {
        case .succeeded(let outcome): .succeeded(outcome.status, changes: outcome.changes)
        case .failed(let failure, _): .failed(failure)
        case .cancelled, .notBegun: .cancelled
        }
    }
}
