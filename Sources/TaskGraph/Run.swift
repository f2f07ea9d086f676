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
    ///     and stops reach it.
    @concurrent
    public func run<Output: Sendable>(
        _ options: RunOptions = RunOptions(),
        events: (@Sendable (RunEvent) -> Void)? = nil,
        perform:
            @escaping @Sendable (GraphTask<Work>, TaskContext<Output>) async throws ->
            TaskOutcome<Output>
    ) async -> RunResult<Output> {
        guard let events else {
            var loop = RunLoop(self, options, emit: nil, perform: perform)
            return await loop.run()
        }
        let (stream, continuation) = AsyncStream.makeStream(of: RunEvent.self)
        // Awaited below. A task of its own, so that cancelling the run does not cut its story.
        let drawing = Task {
            for await event in stream { events(event) }
        }
        var loop = RunLoop(self, options, emit: { continuation.yield($0) }, perform: perform)
        let result = await loop.run()
        continuation.finish()
        await drawing.value
        return result
    }
}
