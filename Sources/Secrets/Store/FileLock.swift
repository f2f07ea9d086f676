import Glibc
import Loop
import Vocabulary

/// Who writes a file at present: a lock beside it, held for the instant that it takes.
///
/// flock(2) on a file of its own; the kernel releases it with the process, however that ends.
/// The file says who holds it, and is gone when nobody does.
enum FileLock {
    /// Runs `body` alone among all that lock `path` on this machine.
    ///
    /// - Throws: a `Diagnostic` that names the holder when it is not had in time; what `body`
    ///   throws.
    static func withLock<Value: Sendable>(
        of path: String, patience: Duration = .seconds(10),
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let lock = FileCalls.beside(path, "lock")
        let deadline = ContinuousClock.now + patience
        while true {
            let held = try await BlockingPool.shared.run { () throws -> Value? in
                guard let descriptor = try take(lock, for: path) else { return nil }
                defer { release(descriptor, lock) }
                return try body()
            }
            if let held { return held }
            guard ContinuousClock.now < deadline else { throw Self.isHeld(path, lock) }
            // A lock has no event that an event loop could wait for.
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// - Returns: `nil` while somebody else holds it.
    private static func take(_ lock: String, for path: String) throws -> Int32? {
        while true {
            let descriptor = open(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw SystemError(errno, in: "open").diagnostic(lock, "made")
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let error = errno
                close(descriptor)
                guard error == EWOULDBLOCK || error == EINTR else {
                    throw SystemError(error, in: "flock").diagnostic(lock, "locked")
                }
                return nil
            }
            // Whoever held it before may have taken the file away in between.
            var held = stat()
            var named = stat()
            if fstat(descriptor, &held) == 0, stat(lock, &named) == 0, held.st_ino == named.st_ino,
                held.st_dev == named.st_dev
            {
                ftruncate(descriptor, 0)
                try? FileCalls.write(
                    Array("\(Operator.current.address) (process \(getpid()))".utf8), to: descriptor)
                return descriptor
            }
            close(descriptor)
        }
    }

    private static func release(_ descriptor: Int32, _ lock: String) {
        unlink(lock)
        close(descriptor)
    }

    private static func isHeld(_ path: String, _ lock: String) -> Diagnostic {
        let holder = (try? FileCalls.contents(of: lock, atMost: .kibibytes(4))).flatMap(\.self).map
        {
            String(decoding: $0, as: UTF8.self)
        }
        let name = holder.map { $0.isEmpty ? "somebody" : $0.visible } ?? "somebody"
        return Diagnostic(
            .secretsLocked, "\(name) is writing `\(path.visible)`",
            help: "Nothing was changed. Try again; or see what that process waits for.")
    }
}
