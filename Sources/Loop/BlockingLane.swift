internal import Synchronization

/// An executor for one actor whose calls block: they run on the blocking pool, one at a time and
/// in order.
///
/// An actor without an executor of its own runs on whatever thread its caller is on when nobody
/// else calls it, a preference for the pool notwithstanding.
public final class BlockingLane: SerialExecutor {
    private let pool: BlockingPool
    private let waiting = Mutex(Waiting())

    private struct Waiting {
        var jobs: [UnownedJob] = []
        /// A thread of the pool runs one, or is about to.
        var isServed = false
    }

    public init(on pool: BlockingPool = .shared) {
        self.pool = pool
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustBeServed = waiting.withLock { waiting in
            waiting.jobs.append(job)
            defer { waiting.isServed = true }
            return !waiting.isServed
        }
        if mustBeServed { pool.post { self.serve() } }
    }

    private func serve() {
        while let job = next() { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    private func next() -> UnownedJob? {
        waiting.withLock { waiting in
            guard !waiting.jobs.isEmpty else {
                waiting.isServed = false
                return nil
            }
            return waiting.jobs.removeFirst()
        }
    }
}
