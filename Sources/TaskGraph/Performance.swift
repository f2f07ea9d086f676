/// Performs attempts: the journal before, the work within its time, the journal after. It is
/// where the run meets the tasks' own work and outputs; the loop knows neither.
struct Performance<Work: Sendable, Output: Sendable>: Sendable {
    typealias Perform =
        @Sendable (GraphTask<Work>, TaskContext<Output>) async throws -> TaskOutcome<Output>

    let tasks: [GraphTask<Work>]
    let perform: Perform
    let journal: (any Journal)?
    let stop: StopSignal
    let time: Timekeeper
    let changes: ChangeMemory
    let outputs: OutputMemory<Output>

    fileprivate enum Try: Sendable {
        case succeeded(TaskOutcome<Output>)
        case failed(TaskFailure)
        case cancelled
    }

    func attempt(_ number: Int, of node: Int) async -> Attempt {
        let began = time.elapsed()
        let ending = await ending(of: node, attempt: number)
        return Attempt(ending: ending, began: began, ended: time.elapsed())
    }

    private func ending(of node: Int, attempt: Int) async -> Attempt.Ending {
        if Task.isCancelled { return .notBegun(nil) }
        let context = TaskContext(
            attempt: attempt, node: node, changes: changes, results: outputs, stop: stop)
        guard let journal else {
            return kept(await work(tasks[node], context), of: node)
        }
        let entry = JournalEntry(
            task: tasks[node].id, title: tasks[node].title, host: tasks[node].host,
            attempt: attempt)
        do {
            try await journal.willRun(entry)
        } catch {
            return .notBegun(Task.isCancelled ? nil : .journal(error, hasRun: attempt > 1))
        }
        let result = await work(tasks[node], context)
        do {
            // A task of its own, awaited at once: what was done is written down although this
            // one may have been cancelled.
            try await Task { try await journal.didRun(entry, result.told) }.value
        } catch {
            // Of two failures the first one is told.
            guard case .succeeded(let outcome) = result else { return kept(result, of: node) }
            return .failed(.journal(error, hasRun: true), changes: outcome.changes)
        }
        return kept(result, of: node)
    }

    /// Notes for others what a task came to. They start later, and so find it.
    private func kept(_ result: Try, of node: Int) -> Attempt.Ending {
        switch result {
        case .succeeded(let outcome):
            if outcome.status == .changed { changes.noteChange(of: node) }
            if let output = outcome.outputs { outputs.keep(output, of: node) }
            return .succeeded(outcome.status, changes: outcome.changes)
        case .failed(let failure): return .failed(failure, changes: [])
        case .cancelled: return .cancelled
        }
    }

    private func work(_ task: GraphTask<Work>, _ context: TaskContext<Output>) async -> Try {
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
                case .work(let result):
                    group.cancelAll()
                    return rang ? .failed(.timedOut(after: timeout)) : result
                }
            }
            return .cancelled
        }
    }

    private enum Racer: Sendable {
        case work(Try)
        case bell, silence
    }

    private func perform(_ task: GraphTask<Work>, _ context: TaskContext<Output>) async -> Try {
        do {
            return .succeeded(try await perform(task, context))
        } catch {
            return Task.isCancelled ? .cancelled : .failed(.performing(error))
        }
    }
}

extension Performance.Try {
    /// As the journal hears of it.
    fileprivate var told: AttemptEnding {
        switch self {
        case .succeeded(let outcome): .succeeded(outcome.status, changes: outcome.changes)
        case .failed(let failure): .failed(failure)
        case .cancelled: .cancelled
        }
    }
}
