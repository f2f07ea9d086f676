internal import CLinux
internal import Glibc
internal import Synchronization

/// Threads for what no event loop can wait for: regular files, name look-up, the kernel's and
/// other libraries' blocking calls.
///
/// It grows by a thread when all are busy, up to a limit, and keeps them. The threads of
/// Swift's own pool stay free: there are only as many as processors, and a blocked one stalls
/// everything else.
// Unchecked: `condition` is a C object at a fixed address used as POSIX says; the state
// that it guards is only touched with `lock` held.
public final class BlockingPool: TaskExecutor, @unchecked Sendable {
    public static let shared = BlockingPool(limit: 16)
    /// For looking up names alone: with a name server that does not answer, every thread waits
    /// for it for half a minute, and nothing else should.
    public static let names = BlockingPool(limit: 16)
    /// For threads that wait for bytes which tasks bring them: those may need the shared pool.
    public static let streams = BlockingPool(limit: 16)

    private let limit: Int
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var work: [Work] = []
    private var idle = 0
    private var threads = 0

    private enum Work {
        case job(UnownedJob)
        case block(@Sendable () -> Void)
    }

    init(limit: Int) {
        self.limit = limit
        pthread_mutex_init(lock, nil)
        pthread_cond_init(condition, nil)
        // Each thread would get a heap of its own, and what streams pass on would lie about in
        // all of them: four through the pool took 80 MB that way, and take 55.
        clinux_limit_heaps(2)
    }

    // No deinit: its threads keep a pool for as long as the process lives.

    /// Runs `body` on one of the pool's threads. It is not interrupted when the task is
    /// cancelled: a blocking call has no way to notice.
    public func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await withTaskExecutorPreference(self) { () async throws(Failure) -> Value in
            try await Self.call(body)
        }
    }

    @concurrent
    private static func call<Value: Sendable, Failure: Error>(
        _ body: @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try body()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        enqueue(.job(UnownedJob(job)))
    }

    /// Runs `body` on one of the threads, later.
    func post(_ body: @escaping @Sendable () -> Void) {
        enqueue(.block(body))
    }

    private func enqueue(_ more: Work) {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        work.append(more)
        if idle >= work.count {
            pthread_cond_signal(condition)
        } else if threads < limit {
            threads += 1
            startThread(named: "blocking-\(threads)") { [self] in serve() }
        }
    }

    private func serve() {
        while true {
            switch next() {
            case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .block(let body): body()
            }
        }
    }

    private func next() -> Work {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while work.isEmpty {
            idle += 1
            pthread_cond_wait(condition, lock)
            idle -= 1
        }
        return work.removeFirst()
    }
}
