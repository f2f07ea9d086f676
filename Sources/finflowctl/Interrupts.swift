import Glibc
import Synchronization
import TaskGraph

/// Turns the signals that ask a program to end into the two stages of a stop: the first one
/// starts nothing new, the second one cuts.
///
/// The signals are blocked in every thread and taken by one thread that waits for them, so no
/// code of ours ever runs in a signal handler.
enum Interrupts {
    private static let stop = Mutex<StopSignal?>(nil)
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// Blocks the signals. Called before the first thread is made: each one inherits the mask.
    static func hold() {
        var set = mask()
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// From now on signals stop what listens to `signal`.
    static func forward(to signal: StopSignal) {
        stop.withLock { $0 = signal }
    }

    /// Waits for signals, for as long as the process lives. Without a run to stop, one ends
    /// the process as it would have without us.
    static func listen() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                while true {
                    var set = Interrupts.mask()
                    var number: Int32 = 0
                    guard sigwait(&set, &number) == 0 else { continue }
                    guard let stop = Interrupts.stop.withLock({ $0 }) else { _exit(128 + number) }
                    switch stop.level {
                    case .running: stop.stopGently()
                    case .gentle: stop.stopNow()
                    case .now: _exit(128 + number)
                    }
                }
            }, nil)
        pthread_detach(thread)
    }

    private static func mask() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in signals { sigaddset(&set, number) }
        return set
    }
}
