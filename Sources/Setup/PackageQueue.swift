import Hosts
import Resources
import Template

/// Turns the package changes of one host that are ready together into one transaction of apt:
/// it holds a lock for the whole host and starts slowly, so one is much faster than many.
actor PackageQueue {
    private struct Waiting {
        var request: PackageRequest
        var prologue: ShellScript
        var options: ScriptOptions
        var continuation: CheckedContinuation<[String: Value], any Error>
    }

    private let run: @Sendable (ShellScript, ScriptOptions) async throws -> ScriptResult
    private var waiting: [Waiting] = []
    private var isRunning = false

    init(run: @escaping @Sendable (ShellScript, ScriptOptions) async throws -> ScriptResult) {
        self.run = run
    }

    func install(
        _ request: PackageRequest, options: ScriptOptions, prologue: ShellScript
    ) async throws -> [String: Value] {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(
                Waiting(
                    request: request, prologue: prologue, options: options,
                    continuation: continuation))
            guard !isRunning else { return }
            isRunning = true
            // Not a child of the task that came first: it also works for those behind it, and
            // ends when nobody waits any more.
            Task { await self.work() }
        }
    }

    /// One transaction after the other, until nobody waits.
    private func work() async {
        defer { isRunning = false }
        while !waiting.isEmpty {
            // Tasks that became ready in the same moment reach this actor one by one; a
            // transaction takes seconds, so the first one waits a moment for the others.
            try? await Task.sleep(for: .milliseconds(10))
            let batch = waiting
            waiting = []
            guard var options = batch.first?.options else { return }
            options.timeout = batch.map(\.options.timeout).max() ?? options.timeout
            let requests = batch.map(\.request)
            let script =
                batch.map(\.prologue).joined(separator: "") + AptTransaction.script(for: requests)
            do {
                let result = try await run(script, options)
                for (waiter, outcome) in zip(
                    batch, AptTransaction.outcomes(of: result, for: requests))
                {
                    waiter.continuation.resume(with: outcome)
                }
            } catch {
                for waiter in batch { waiter.continuation.resume(throwing: error) }
            }
        }
    }
}
