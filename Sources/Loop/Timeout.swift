/// Something took longer than it was allowed to.
public struct TimeoutError: Error, Hashable, Sendable {
    public init() {}
}

/// Runs `operation`, and cancels it when `limit` has passed.
///
/// It is structured: it returns only after `operation` has, so that what `operation` holds is
/// released. An operation that succeeds in spite of being cancelled has succeeded.
///
/// - Throws: `TimeoutError` when the time was up, else what `operation` throws.
public func withTimeout<Value: Sendable>(
    _ limit: Duration, _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        if let value = try await group.next() ?? nil { return value }
        group.cancelAll()
        do {
            if let value = try await group.next() ?? nil { return value }
        } catch is CancellationError {
            try Task.checkCancellation()  // cancelled from outside, at the same time
        }
        throw TimeoutError()
    }
}
