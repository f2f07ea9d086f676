/// Something that happens on a loop and that one caller at a time waits for. What happens while
/// nobody waits is kept, once: the next wait returns at once.
///
/// It belongs to one actor that is pinned to `loop`; every call comes from there.
// Unchecked: the mutable state is touched on the loop's thread alone, which each entry checks.
public final class LoopEvent: @unchecked Sendable {
    private let loop: EventLoop
    private var hasHappened = false
    private var waiting: Wait?
    private var nextNumber = 0

    private struct Wait {
        let number: Int
        let continuation: CheckedContinuation<Void, any Error>
        let timer: LoopTimer?
    }

    public init(on loop: EventLoop) {
        self.loop = loop
    }

    /// It has happened: resumes who waits, or the next who will.
    public func fire() {
        loop.checkIsolated()
        if let waiting {
            finish(waiting.number, throwing: nil)
        } else {
            hasHappened = true
        }
    }

    /// - Throws: `TimeoutError` at `deadline`, `CancellationError`.
    public func wait(
        until deadline: ContinuousClock.Instant? = nil,
        isolation: isolated (any Actor)? = #isolation
    ) async throws {
        loop.checkIsolated()
        try Task.checkCancellation()
        if hasHappened {
            hasHappened = false
            return
        }
        precondition(waiting == nil, "two callers wait for one event")
        nextNumber += 1
        let number = nextNumber
        try await withTaskCancellationHandler {
            // The standard library's closures leave the caller's actor unless they capture it.
            _ = isolation
            try await withCheckedThrowingContinuation { continuation in
                let timer = deadline.map { deadline in
                    loop.schedule(at: deadline) { [weak self] in
                        self?.finish(number, throwing: TimeoutError())
                    }
                }
                waiting = Wait(number: number, continuation: continuation, timer: timer)
            }
        } onCancel: {
            // Posted, so that it comes after the wait was noted, whenever that is.
            loop.post { [weak self] in self?.finish(number, throwing: CancellationError()) }
        }
    }

    private func finish(_ number: Int, throwing error: (any Error)?) {
        guard let wait = waiting, wait.number == number else { return }
        waiting = nil
        if let timer = wait.timer { loop.cancel(timer) }
        if let error {
            wait.continuation.resume(throwing: error)
        } else {
            wait.continuation.resume()
        }
    }
}
