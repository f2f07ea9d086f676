internal import CLinux
internal import Glibc
internal import Synchronization

/// One thread that waits for descriptors and deadlines and runs the actors pinned to it.
///
/// An actor is pinned by returning the loop as its `unownedExecutor`; what such an actor owns
/// (a socket, a C handle that only one thread may use) then needs no lock. A loop lives as long
/// as the process: take one from ``EventLoops``.
// Unchecked: `watches`, `timers`, `local` and `nextKey` are touched on the loop's thread alone
// (each access stands behind a check that it is current, or in `run()`); the rest is
// immutable, atomic or in a mutex.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
    private let epoll: Int32
    private let alarm: Int32
    private let thread = Atomic<UInt>(0)
    private let inbox = Mutex(Inbox())

    private var local: [Work] = []
    private var watches: [UInt64: @Sendable (Readiness) -> Void] = [:]
    private var nextKey = EventLoop.alarmKey + 1
    private var timers = TimerQueue()

    private static let alarmKey: UInt64 = 0

    private enum Work {
        case job(UnownedJob)
        case block(@Sendable () -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        /// The thread waits in epoll, or is about to: it must be woken.
        var asleep = false
    }

    init(name: String) {
        epoll = clinux_epoll_create()
        alarm = clinux_eventfd()
        precondition(epoll >= 0 && alarm >= 0, "no descriptors left for an event loop")
        let added = clinux_epoll_add(epoll, alarm, CLINUX_READABLE, Self.alarmKey)
        precondition(added == 0, "epoll refuses an eventfd")
        startThread(named: name) { [self] in
            thread.store(UInt(pthread_self()), ordering: .releasing)
            run()
        }
    }
}

// MARK: Executing

extension EventLoop {
    public func enqueue(_ job: consuming ExecutorJob) {
        enqueue(.job(UnownedJob(job)))
    }

    /// Runs `body` on the loop's thread, later, in the order of the calls.
    public func post(_ body: @escaping @Sendable () -> Void) {
        enqueue(.block(body))
    }

    public func checkIsolated() {
        precondition(isCurrent, "this must run on its event loop")
    }

    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Whether this is the loop's own thread.
    public var isCurrent: Bool { thread.load(ordering: .acquiring) == UInt(pthread_self()) }

    private func enqueue(_ work: Work) {
        if isCurrent {
            local.append(work)
            return
        }
        let mustWake = inbox.withLock { inbox in
            inbox.work.append(work)
            defer { inbox.asleep = false }
            return inbox.asleep
        }
        if mustWake { wake() }
    }

    private func wake() {
        var one: UInt64 = 1
        // It fails only when the counter is full of wake-ups already.
        _ = write(alarm, &one, MemoryLayout.size(ofValue: one))
    }
}

// MARK: Descriptors and deadlines, from actors pinned to the loop

extension EventLoop {
    /// Calls `handler` on the loop whenever `descriptor` *becomes* readable or writable (edges,
    /// not levels: read or write until EAGAIN after each). Its state at the start is an edge.
    ///
    /// - Returns: What ``unwatch(_:descriptor:)`` takes, which must be called before the
    ///   descriptor is closed; or the errno with which epoll refused it (a regular file).
    func watch(
        _ descriptor: Int32, handler: @escaping @Sendable (Readiness) -> Void
    ) throws(SystemError) -> UInt64 {
        checkIsolated()
        let key = nextKey
        let events =
            CLINUX_READABLE | CLINUX_WRITABLE | CLINUX_PEER_HANGUP | CLINUX_EDGE_TRIGGERED
        guard clinux_epoll_add(epoll, descriptor, events, key) == 0 else {
            throw SystemError(errno, in: "epoll_ctl")
        }
        nextKey += 1
        watches[key] = handler
        return key
    }

    func unwatch(_ key: UInt64, descriptor: Int32) {
        checkIsolated()
        guard watches.removeValue(forKey: key) != nil else { return }
        _ = clinux_epoll_remove(epoll, descriptor)
    }

    /// A handler for a descriptor that is watched by levels: it is called again and again for as
    /// long as what ``want(_:instead:of:descriptor:)`` asked for holds. At first that is nothing.
    func watchLevels(handler: @escaping @Sendable (Readiness) -> Void) -> UInt64 {
        checkIsolated()
        defer { nextKey += 1 }
        watches[nextKey] = handler
        return nextKey
    }

    /// Without anything wanted a descriptor is not in epoll at all, which would report errors and
    /// hang-ups of it all the same.
    func want(
        _ wanted: Readiness, instead of: Readiness, of key: UInt64, descriptor: Int32
    ) throws(SystemError) {
        checkIsolated()
        var events: UInt32 = 0
        if wanted.contains(.readable) { events |= CLINUX_READABLE | CLINUX_PEER_HANGUP }
        if wanted.contains(.writable) { events |= CLINUX_WRITABLE }
        let result =
            switch (of.isEmpty, wanted.isEmpty) {
            case (true, true): Int32(0)
            case (true, false): clinux_epoll_add(epoll, descriptor, events, key)
            case (false, false): clinux_epoll_modify(epoll, descriptor, events, key)
            case (false, true): clinux_epoll_remove(epoll, descriptor)
            }
        guard result == 0 else { throw SystemError(errno, in: "epoll_ctl") }
    }

    func unwatchLevels(_ key: UInt64) {
        checkIsolated()
        watches[key] = nil
    }

    /// Calls `handler` on the loop at `deadline`, unless it is cancelled before.
    public func schedule(
        at deadline: ContinuousClock.Instant, _ handler: @escaping @Sendable () -> Void
    ) -> LoopTimer {
        checkIsolated()
        return timers.add(deadline, handler)
    }

    public func cancel(_ timer: LoopTimer) {
        checkIsolated()
        timers.remove(timer)
    }
}

// MARK: The thread

extension EventLoop {
    private func run() -> Never {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            runWork()
            for handler in timers.due(at: .now) { handler() }
            let count = epoll_wait(epoll, &events, Int32(events.count), prepareToSleep())
            inbox.withLock { $0.asleep = false }
            // A signal interrupts the wait with -1: nothing is ready then.
            for event in events.prefix(Int(max(0, count))) {
                let key = event.data.u64
                if key == Self.alarmKey {
                    var wakeUps: UInt64 = 0
                    _ = read(alarm, &wakeUps, MemoryLayout.size(ofValue: wakeUps))
                } else {
                    // Absent when an event before it in this batch took it away.
                    watches[key]?(Readiness(epoll: event.events))
                }
            }
        }
    }

    private func runWork() {
        let handed = inbox.withLock { inbox in
            defer { inbox.work.removeAll() }
            return inbox.work
        }
        // What this batch itself enqueues waits for the next one, so that a busy actor cannot
        // keep the loop from its descriptors.
        let own = local
        local.removeAll()
        for work in own { perform(work) }
        for work in handed { perform(work) }
    }

    private func perform(_ work: Work) {
        switch work {
        case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
        case .block(let body): body()
        }
    }

    /// The milliseconds that epoll may wait: none while there is work, -1 for ever.
    private func prepareToSleep() -> Int32 {
        guard local.isEmpty else { return 0 }
        let mayWait = inbox.withLock { inbox in
            inbox.asleep = inbox.work.isEmpty
            return inbox.asleep
        }
        guard mayWait else { return 0 }
        guard let deadline = timers.earliest else { return -1 }
        let milliseconds = (deadline - .now) / .milliseconds(1)
        // Rounded up: a timer that fires early would spin until it is due.
        return Int32(min(max(milliseconds.rounded(.up), 0), 60_000))
    }
}

extension Readiness {
    fileprivate init(epoll events: UInt32) {
        var value: Readiness = []
        // An error or a hang-up is learned by the next read or write.
        if events & (CLINUX_ERROR | CLINUX_HANGUP) != 0 { value = [.readable, .writable, .ended] }
        if events & (CLINUX_READABLE | CLINUX_PEER_HANGUP) != 0 { value.insert(.readable) }
        if events & CLINUX_PEER_HANGUP != 0 { value.insert(.ended) }
        if events & CLINUX_WRITABLE != 0 { value.insert(.writable) }
        self = value
    }
}
