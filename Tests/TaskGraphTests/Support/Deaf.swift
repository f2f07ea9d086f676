import Synchronization
import TaskGraph

/// Work that does not answer to cancellation: it ends when the test says so.
final class Deaf: Sendable {
    private let waiting = Mutex<CheckedContinuation<Void, Never>?>(nil)
    private let (started, start) = AsyncStream.makeStream(of: Void.self)

    func perform() async -> TaskOutcome<String> {
        await withCheckedContinuation { continuation in
            waiting.withLock { $0 = continuation }
            start.finish()
        }
        return TaskOutcome(.changed, outputs: "late")
    }

    func whenStarted() async {
        for await _ in started {}
    }

    func finish() {
        waiting.withLock { $0.take() }?.resume()
    }
}
