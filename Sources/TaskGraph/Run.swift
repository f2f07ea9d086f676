extension Graph {
    /// Runs every task once, each behind what it comes after, as many side by side as the
    /// limits allow. It does not throw: the result says of each task how it ended.
    ///
    /// Cancelling the calling task is the same as ``StopSignal/stopNow()``.
    ///
    /// - Parameters:
    ///   - events: called with one event after another. It holds nothing up but itself, and the
    ///     end of the run: that waits until the last event is drawn.
    ///   - perform: does a task's work. It must answer to cancellation: that is how timeouts
    ///     and stops reach it. One that does not holds up what its timeout should have ended,
    ///     for nothing may take the place of work that still goes on; a run that is stopped now
    ///     waits for it no longer than ``RunOptions/patience``.
    @concurrent
    public func run<Output: Sendable>(
        _ options: RunOptions = RunOptions(),
        events: (@Sendable (RunEvent) -> Void)? = nil,
        perform:
            @escaping @Sendable (GraphTask<Work>, TaskContext<Output>) async throws ->
            TaskOutcome<Output>
    ) async -> RunResult<Output> {
        let time = Timekeeper(options.clock)
        let changes = ChangeMemory(wiring: wiring)
        let outputs = OutputMemory<Output>(wiring: wiring)
        let performance = Performance(
            tasks: tasks, perform: perform, journal: options.journal, stop: options.stop,
            time: time, changes: changes, outputs: outputs)
        let end = await withDrawing(events) { emit in
            var loop = RunLoop(self, options, time, changes, emit: emit) {
                await performance.attempt($0, of: $1)
            }
            return await loop.run()
        }
        return RunResult(
            reports: end.reports, summary: end.summary, outputs: outputs.all, effort: end.effort)
    }

    /// Lends `body` a way to emit events that never waits, and returns when all are drawn.
    private func withDrawing<Result: Sendable>(
        _ draw: (@Sendable (RunEvent) -> Void)?,
        _ body: (((RunEvent) -> Void)?) async -> Result
    ) async -> Result {
        guard let draw else { return await body(nil) }
        let (events, continuation) = AsyncStream.makeStream(of: RunEvent.self)
        // A task of its own, so that cancelling the run does not cut its story.
        let drawing = Task { @concurrent in
            for await event in events { draw(event) }
        }
        let result = await body { continuation.yield($0) }
        continuation.finish()
        await drawing.value
        return result
    }
}
