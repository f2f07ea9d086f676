import Glibc
import Loop
import Vocabulary

/// Who writes a file at present: a lock beside it, held for the instant that it takes.
///
/// flock(2) on a file of its own; the kernel releases it with the process, however that ends.
/// The file says who holds it, and is gone when nobody does. Whoever may write to the directory
/// may take it: users who share a checkout wait for each other.
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
            guard let (descriptor, isOwn) = try opened(lock) else { return nil }
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
                // What a killed run of another user left: it makes way for one of our own.
                if !isOwn, unlink(lock) == 0 {
                    close(descriptor)
                    continue
                }
                ftruncate(descriptor, 0)
                try? FileCalls.write(
                    Array("\(Operator.current.address) (process \(getpid()))".utf8), to: descriptor)
                return descriptor
            }
            close(descriptor)
        }
    }

    /// - Returns: the lock's file, and whether it can be written to; `nil` for one of another
    ///   user that is just being made.
    private static func opened(_ lock: String) throws -> (descriptor: Int32, isOwn: Bool)? {
        while true {
            let made = open(lock, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            if made >= 0 {
                share(made, with: FileCalls.folder(of: lock))
                return (made, true)
            }
            guard errno == EEXIST else {
                throw SystemError(errno, in: "open").diagnostic(lock, "made")
            }
            let own = open(lock, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
            if own >= 0 { return (own, true) }
            // Of another user, whose lock it is all the same: to read it is enough.
            let foreign = open(lock, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
            if foreign >= 0 { return (foreign, false) }
            if errno == EACCES { return nil }
            // Gone in between.
            guard errno == ENOENT else {
                throw SystemError(errno, in: "open").diagnostic(lock, "locked")
            }
        }
    }

    /// Everybody may read who holds it; whoever may write to the directory may write to it.
    private static func share(_ descriptor: Int32, with directory: String) {
        var information = stat()
        guard stat(directory, &information) == 0 else { return }
        fchown(descriptor, uid_t.max, information.st_gid)
        fchmod(descriptor, 0o644 | information.st_mode & 0o022)
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
        let name = holder.flatMap { $0.isEmpty ? nil : $0.visible } ?? owner(of: lock) ?? "somebody"
        return Diagnostic(
            .secretsLocked, "\(name) is writing `\(path.visible)`",
            help: "Nothing was changed. Try again; or see what that process waits for.")
    }

    private static func owner(of path: String) -> String? {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        return getpwuid(information.st_uid).map { String(cString: $0.pointee.pw_name) }
    }
}
