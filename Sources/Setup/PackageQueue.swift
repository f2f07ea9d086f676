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
        var continuation: CheckedContinuation<ScriptResult, any Error>
    }

    private let run: @Sendable (ShellScript, ScriptOptions) async throws -> ScriptResult
    private var waiting: [Waiting] = []
    private var isRunning = false

    init(run: @escaping @Sendable (ShellScript, ScriptOptions) async throws -> ScriptResult) {
        self.run = run
    }

    func install(
        _ request: PackageRequest, _ action: Action, prologue: ShellScript
    ) async throws -> [String: Value] {
        let result = try await withCheckedThrowingContinuation { continuation in
            waiting.append(
                Waiting(
                    request: request, prologue: prologue, options: action.options,
                    continuation: continuation))
            if !isRunning {
                isRunning = true
                Task { await self.work() }
            }
        }
        return try action.finish(result)
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
            guard let first = batch.first else { return }
            var options = first.options
            options.timeout = batch.map(\.options.timeout).max() ?? options.timeout
            let script =
                batch.map(\.prologue).joined(separator: "")
                + AptTransaction.script(for: batch.map(\.request))
            do {
                let result = try await run(script, options)
                let results = AptTransaction.results(of: batch.map(\.request), from: result)
                for (waiter, result) in zip(batch, results) {
                    waiter.continuation.resume(returning: result)
                }
            } catch {
                for waiter in batch { waiter.continuation.resume(throwing: error) }
            }
        }
    }
}
