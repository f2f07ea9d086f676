import TaskGraph

/// Runs `body`; the first signal that asks the program to end cancels it, so that it can take
/// away what must not stay.
func interruptible<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let stop = StopSignal()
    Interrupts.forward(to: stop)
    return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            await stop.wait(past: .running)
            return nil
        }
        defer { group.cancelAll() }
        // Whatever comes first: a value, an error or a signal.
        guard let value = try await group.next() ?? nil else {
            group.cancelAll()
            while let rest = await group.nextResult() {
                // One that was already whole when the signal came stands.
                if case .success(let value?) = rest { return value }
            }
            throw CancellationError()
        }
        return value
    }
}
