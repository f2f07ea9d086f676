import Synchronization

/// A clock that stands until somebody moves it.
final class ManualClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        var deadline: Instant
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var last = 0
        var sleepers: [Int: Sleeper] = [:]
        var watchers: [Int: (count: Int, continuation: CheckedContinuation<Void, Never>)] = [:]

        mutating func number() -> Int {
            last += 1
            return last
        }
    }

    private let state = Mutex(State())

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let number = state.withLock { $0.number() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Void, any Error>) in
                let watchers = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
                    if Task.isCancelled || deadline <= state.now { return nil }
                    state.sleepers[number] = Sleeper(deadline: deadline, continuation: continuation)
                    let due = state.watchers.filter { $0.value.count <= state.sleepers.count }
                    for key in due.keys { state.watchers[key] = nil }
                    return due.values.map(\.continuation)
                }
                guard let watchers else {
                    if Task.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else {
                        continuation.resume()
                    }
                    return
                }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: number) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    func advance(by duration: Duration) {
        wake { $0.advanced(by: duration) }
    }

    /// No clock that is driven comes here: what a test wants never to be due lies behind it.
    private static let horizon = Instant(offset: .seconds(1 << 30))

    /// Moves on to the earliest deadline before the horizon.
    func advanceToNext() {
        wake { now in
            state.withLock { state in
                state.sleepers.values.map(\.deadline).filter { $0 < Self.horizon }.min()
            } ?? now
        }
    }

    private func wake(to target: (Instant) -> Instant) {
        let time = target(now)
        let due = state.withLock { state in
            state.now = max(state.now, time)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for key in due.keys { state.sleepers[key] = nil }
            return due.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Waits until so many sleep, or the waiting task is cancelled.
    func whenAsleep(_ count: Int = 1) async {
        let number = state.withLock { $0.number() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isDue = state.withLock { state in
                    if Task.isCancelled || state.sleepers.count >= count { return true }
                    state.watchers[number] = (count, continuation)
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            let watcher = state.withLock { $0.watchers.removeValue(forKey: number) }
            watcher?.continuation.resume()
        }
    }

    /// Runs `body` while the clock jumps to the next deadline whenever somebody sleeps.
    func driving<Result: Sendable>(
        _ body: @escaping @Sendable () async -> Result
    ) async -> Result {
        async let _: Void = {
            while !Task.isCancelled {
                await whenAsleep()
                advanceToNext()
                await Task.yield()
            }
        }()
        // Leaving the scope cancels the driver.
        return await body()
    }
}
