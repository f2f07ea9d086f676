import Glibc
import Synchronization
import TaskGraph

/// Turns the signals that ask a program to end into the two stages of a stop: the first one
/// starts nothing new, the second one cuts.
///
/// A handler only writes the signal's number to a pipe, which is all that it may do
/// (signal-safety(7)); a thread of its own reads it. Blocking the signals and waiting for them
/// would not do: the runtime parks the main thread in a sigsuspend(2) that lets all of them in.
enum Interrupts {
    private static let stop = Mutex<StopSignal?>(nil)
    private static let continuing = Mutex<(@Sendable () -> Void)?>(nil)
    private static let cleanup = Mutex<(@Sendable () -> Void)?>(nil)
    private static let isForeground = Mutex(true)
    private static let signals = [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCONT]

    /// What the handler writes to and the thread reads from; made before the first signal.
    private static let pipe: (read: Int32, write: Int32) = {
        var ends: [Int32] = [-1, -1]
        Glibc.pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }()

    /// From now on signals stop what listens to `signal`.
    static func forward(to signal: StopSignal) {
        stop.withLock { $0 = signal }
    }

    /// What is done before a signal ends the process: takes away what must not stay. `nil` once
    /// it is done.
    static func beforeEnding(_ body: (@Sendable () -> Void)?) {
        cleanup.withLock { $0 = body }
    }

    /// While another program has the terminal, what is typed there is for that program.
    static func leaveKeyboard(to another: Bool) {
        isForeground.withLock { $0 = !another }
    }

    /// What is done when the program goes on after it was stopped (Ctrl-Z, then `fg`).
    static func whenContinued(_ body: @escaping @Sendable () -> Void) {
        continuing.withLock { $0 = body }
    }

    /// Waits for signals, for as long as the process lives. Without a run to stop, one ends
    /// the process as it would have without us.
    static func listen() {
        _ = pipe
        for number in signals {
            var before = sigaction()
            sigaction(number, nil, &before)
            // One that is ignored from the start (nohup, a background job) stays so.
            if before.__sigaction_handler.sa_handler == nil {
                signal(number) { number in
                    // Whatever was interrupted still looks at its own errno.
                    let error = errno
                    var byte = UInt8(truncatingIfNeeded: number)
                    _ = Glibc.write(Interrupts.pipe.write, &byte, 1)
                    errno = error
                }
            }
        }
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                var byte: UInt8 = 0
                while true {
                    let count = read(Interrupts.pipe.read, &byte, 1)
                    if count == 1 {
                        Interrupts.take(Int32(byte))
                    } else if errno != EINTR {
                        return nil
                    }
                }
            }, nil)
        pthread_detach(thread)
    }

    private static func take(_ number: Int32) {
        if number == SIGCONT {
            continuing.withLock { $0 }?()
            return
        }
        if number == SIGINT || number == SIGQUIT, !isForeground.withLock({ $0 }) { return }
        guard let stop = stop.withLock({ $0 }), number != SIGQUIT else {
            cleanup.withLock { $0 }?()
            _exit(128 + number)
        }
        // A terminal that closes sends it more than once, by its kernel and by its shell:
        // nobody there asked to cut.
        if number == SIGHUP, stop.level > .running { return }
        switch stop.level {
        case .running: stop.stopGently()
        case .gentle: stop.stopNow()
        case .now: _exit(128 + number)
        }
    }
}
