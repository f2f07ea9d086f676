/// A number of places, taken in the order of asking.
///
/// It belongs to one actor that is pinned to `loop`; every call comes from there.
// Unchecked: the mutable state is touched on the loop's thread alone, which each entry checks.
public final class Turnstile: @unchecked Sendable {
    private let loop: EventLoop
    private var free: Int
    private var queue: [Waiting] = []
    private var nextNumber = 0

    private struct Waiting {
        let number: Int
        let continuation: CheckedContinuation<Void, any Error>
    }

    public init(places: Int, on loop: EventLoop) {
        self.loop = loop
        free = places
    }

    /// Takes a place, when there is one; each success is to be answered by one ``leave()``.
    public func enter(isolation: isolated (any Actor)? = #isolation) async throws {
        loop.checkIsolated()
        try Task.checkCancellation()
        if free > 0 {
            free -= 1
            return
        }
        nextNumber += 1
        let number = nextNumber
        try await withTaskCancellationHandler {
            // The standard library's closures leave the caller's actor unless they capture it.
            _ = isolation
            try await withCheckedThrowingContinuation {
                queue.append(Waiting(number: number, continuation: $0))
            }
        } onCancel: {
            loop.post { [weak self] in self?.giveUp(number) }
        }
    }

    /// Takes a place if there is one at once.
    public func enterIfFree() -> Bool {
        loop.checkIsolated()
        guard free > 0 else { return false }
        free -= 1
        return true
    }

    public func leave() {
        loop.checkIsolated()
        if queue.isEmpty {
            free += 1
        } else {
            queue.removeFirst().continuation.resume()
        }
    }

    /// Everybody who waits leaves with `error`.
    public func shut(throwing error: any Error) {
        loop.checkIsolated()
        let waiting = queue
        queue = []
        for wait in waiting { wait.continuation.resume(throwing: error) }
    }

    private func giveUp(_ number: Int) {
        guard let index = queue.firstIndex(where: { $0.number == number }) else { return }
        queue.remove(at: index).continuation.resume(throwing: CancellationError())
    }
}
