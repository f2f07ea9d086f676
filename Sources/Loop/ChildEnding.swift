internal import CLinux
internal import Glibc

/// How a child ended, and its process id for as long as it may be signalled.
///
/// A process that has ended is left a zombie until `release()`: as long as it is one, its id
/// and its group's cannot be given to anybody else, so `kill` never meets a stranger. If it is
/// released while it still runs, it is reaped when it ends.
// Unchecked: all mutable state is touched on the loop's thread, which each entry checks.
final class ChildEnding: @unchecked Sendable {
    private let process: pid_t
    private let pidfd: Int32
    private let loop: EventLoop
    private var key: UInt64?
    private var result: ProgramExit?
    private var isReleased = false
    private var waits: [Int: CheckedContinuation<ProgramExit, any Error>] = [:]
    private var nextWait = 0

    init(process: pid_t, pidfd: Int32, loop: EventLoop) throws(SystemError) {
        self.process = process
        self.pidfd = pidfd
        self.loop = loop
        // The loop holds on to this until the child is reaped.
        key = try loop.watch(pidfd) { readiness in
            if readiness.contains(.readable) { self.ended() }
        }
    }

    var hasEnded: Bool {
        loop.checkIsolated()
        return result != nil
    }

    func kill(_ signal: Int32) {
        loop.checkIsolated()
        guard !isReleased else { return }
        Glibc.kill(-process, signal)
    }

    func exit(isolation: isolated (any Actor)? = #isolation) async throws -> ProgramExit {
        loop.checkIsolated()
        try Task.checkCancellation()
        if let result { return result }
        nextWait += 1
        let number = nextWait
        return try await withTaskCancellationHandler {
            // The standard library's closures leave the caller's actor unless they capture it.
            _ = isolation
            return try await withCheckedThrowingContinuation { waits[number] = $0 }
        } onCancel: {
            loop.post {
                self.waits.removeValue(forKey: number)?.resume(throwing: CancellationError())
            }
        }
    }

    /// Returns when the child has ended, cancelled or not.
    func wait(isolation: isolated (any Actor)? = #isolation) async {
        loop.checkIsolated()
        guard result == nil else { return }
        nextWait += 1
        let number = nextWait
        _ = try? await withCheckedThrowingContinuation { waits[number] = $0 }
    }

    /// Nothing will be signalled any more.
    func release() {
        loop.checkIsolated()
        guard !isReleased else { return }
        isReleased = true
        if result != nil { reap() }
    }

    private func ended() {
        guard result == nil else { return }
        var exit = clinux_exit()
        guard clinux_child_exit(pidfd, 0, &exit) == 1 else { return }
        let result = ProgramExit(exit)
        self.result = result
        let waiting = waits
        waits = [:]
        for (_, wait) in waiting { wait.resume(returning: result) }
        if isReleased { reap() }
    }

    private func reap() {
        guard let key else { return }
        self.key = nil
        var exit = clinux_exit()
        _ = clinux_child_exit(pidfd, 1, &exit)
        loop.unwatch(key, descriptor: pidfd)
        Glibc.close(pidfd)
    }
}

extension ProgramExit {
    fileprivate init(_ exit: clinux_exit) {
        self = exit.code == CLD_EXITED ? .status(exit.status) : .signal(signalName(exit.status))
    }
}

private func signalName(_ number: Int32) -> String {
    guard let name = clinux_signal_name(number) else { return String(number) }
    return String(cString: name)
}
