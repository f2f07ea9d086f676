import Glibc

/// Pieces on their way from a task to a thread that blocks for them: what libarchive reads, when
/// it reads from where nothing may block.
///
/// It holds one piece: the task waits until the thread took it.
// Unchecked: `condition` is a C object at a fixed address used as POSIX says; all other state is
// touched with `lock` held.
final class PassedPieces: @unchecked Sendable {
    private enum Place {
        case empty
        case full([UInt8], CheckedContinuation<Bool, Never>)
        /// Nothing more comes.
        case ended((any Error)?)
        /// Nothing more is taken.
        case closed
    }

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var place = Place.empty

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(lock)
        condition.deallocate()
        lock.deallocate()
    }

    private func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body()
    }

    /// Hands over a piece; returns when it was taken, `false` when nothing more is.
    func give(_ piece: [UInt8]) async -> Bool {
        await withCheckedContinuation { continuation in
            locked {
                guard case .empty = place else { return continuation.resume(returning: false) }
                place = .full(piece, continuation)
                pthread_cond_signal(condition)
            }
        }
    }

    /// What is handed over is all, or what went wrong came in its place.
    func end(_ error: (any Error)? = nil) {
        locked {
            guard case .empty = place else { return }
            place = .ended(error)
            pthread_cond_signal(condition)
        }
    }

    /// Blocks for the next piece; `nil` at the end.
    func take() throws -> [UInt8]? {
        try locked {
            while true {
                switch place {
                case .empty: pthread_cond_wait(condition, lock)
                case .full(let piece, let continuation):
                    place = .empty
                    continuation.resume(returning: true)
                    return piece
                case .ended(let error):
                    if let error { throw error }
                    return nil
                case .closed: return nil
                }
            }
        }
    }

    /// Nothing more is taken: who gives is told.
    func close() {
        locked {
            if case .full(_, let continuation) = place { continuation.resume(returning: false) }
            place = .closed
        }
    }
}
