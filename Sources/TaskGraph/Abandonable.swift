import Synchronization

/// Waits for `work`, but once the waiting task is cancelled no longer than `patience`: what
/// still does not answer then is left behind.
///
/// - Returns: `nil` when the work was left behind. It goes on, cancelled, and nobody waits for
///   it or uses what it comes to.
func abandonable<Value: Sendable>(
    after patience: Duration, _ time: Timekeeper, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    // Cancelled work does not begin, so there is nothing to leave behind.
    if Task.isCancelled { return await work() }
    let race = Race<Value>()
    // Only a task of its own can be left behind: a child is always awaited.
    let working = Task { race.end(await work()) }
    return await withTaskCancellationHandler {
        await race.ending
    } onCancel: {
        working.cancel()
        race.setAlarm(
            Task {
                // Cut short, the race is over.
                guard (try? await time.sleep(patience)) != nil else { return }
                race.end(nil)
            })
    }
}

/// Two who want to end something, and one who waits for the first of them.
private final class Race<Value: Sendable>: Sendable {
    private struct State {
        /// Once there is one it stands.
        var ending: Value??
        var waiting: CheckedContinuation<Value?, Never>?
        var alarm: Task<Void, Never>?
    }

    private let state = Mutex(State())

    var ending: Value? {
        get async {
            await withCheckedContinuation { continuation in
                let ending = state.withLock { state in
                    if state.ending == nil { state.waiting = continuation }
                    return state.ending
                }
                if let ending { continuation.resume(returning: ending) }
            }
        }
    }

    func end(_ value: Value?) {
        let (waiting, alarm) = state.withLock {
            state -> (CheckedContinuation<Value?, Never>?, Task<Void, Never>?) in
            guard state.ending == nil else { return (nil, nil) }
            state.ending = .some(value)
            defer { (state.waiting, state.alarm) = (nil, nil) }
            return (state.waiting, state.alarm)
        }
        waiting?.resume(returning: value)
        alarm?.cancel()
    }

    func setAlarm(_ alarm: Task<Void, Never>) {
        let isOver = state.withLock { state in
            if state.ending == nil { state.alarm = alarm }
            return state.ending != nil
        }
        if isOver { alarm.cancel() }
    }
}
