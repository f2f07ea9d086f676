import Glibc
import Loop
import Vocabulary

/// A program that has the terminal until it ends: an editor.
enum ForegroundProgram {
    /// - Returns: its exit status; 128 and the signal's number for one that a signal ended.
    /// - Throws: `SystemError` when it cannot be started.
    static func run(_ words: [String]) async throws -> Int32 {
        Interrupts.leaveKeyboard(to: true)
        defer { Interrupts.leaveKeyboard(to: false) }
        return try await BlockingPool.shared.run { () throws(SystemError) in
            var attributes = posix_spawnattr_t()
            posix_spawnattr_init(&attributes)
            defer { posix_spawnattr_destroy(&attributes) }
            // What we ignore, catch or block, it should not: threads of the pool block signals.
            var all = sigset_t()
            sigfillset(&all)
            posix_spawnattr_setsigdefault(&attributes, &all)
            var none = sigset_t()
            sigemptyset(&none)
            posix_spawnattr_setsigmask(&attributes, &none)
            posix_spawnattr_setflags(
                &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
            var arguments = words.map { strdup($0) } + [nil]
            defer { for argument in arguments { free(argument) } }
            var process = pid_t()
            let error = posix_spawnp(&process, words[0], nil, &attributes, &arguments, environ)
            guard error == 0 else { throw SystemError(error, in: "posix_spawn") }
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            return signal == 0 ? status >> 8 & 0xFF : 128 + signal
        }
    }
}
