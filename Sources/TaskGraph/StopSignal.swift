import Synchronization

/// How a run is asked to end early, from anywhere: a signal handler's thread, another task.
///
/// It only ever rises. One signal may serve several runs, also ones that begin after it rose.
public final class StopSignal: Sendable {
    public enum Level: Int, Hashable, Sendable, Comparable {
        case running
        /// Nothing new starts, no retry either; what runs may reach a safe point.
        case gentle
        /// What runs is cancelled.
        case now

        public static func < (left: Level, right: Level) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    private struct State {
        var level = Level.running
        var lastWaiter = 0
        var waiting: [Int: (past: Level, continuation: CheckedContinuation<Level, Never>)] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    public var level: Level { state.withLock { $0.level } }

    public func stopGently() { raise(to: .gentle) }
    public func stopNow() { raise(to: .now) }

    private func raise(to level: Level) {
        let released = state.withLock { state in
            state.level = max(state.level, level)
            let due = state.waiting.filter { $0.value.past < state.level }
            for key in due.keys { state.waiting[key] = nil }
            return due.values.map { ($0.continuation, state.level) }
        }
        for (continuation, level) in released { continuation.resume(returning: level) }
    }

    /// Waits until the level is higher than `past`, or the waiting task is cancelled; returns
    /// the level that it then has.
    @discardableResult
    public func wait(past: Level) async -> Level {
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let atOnce = state.withLock { state -> Level? in
                    // A cancellation that came before this lock found nobody to wake.
                    if state.level > past || Task.isCancelled { return state.level }
                    state.waiting[waiter] = (past, continuation)
                    return nil
                }
                if let atOnce { continuation.resume(returning: atOnce) }
            }
        } onCancel: {
            let (waiting, level) = state.withLock { state in
                (state.waiting.removeValue(forKey: waiter), state.level)
            }
            waiting?.continuation.resume(returning: level)
        }
    }
}
