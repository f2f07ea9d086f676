internal import CLinux
internal import Glibc

/// A descriptor that a loop watches, owned: the last reference closes it.
///
/// It belongs to an actor that is pinned to the loop; the handler is called on the loop.
// Unchecked: `key` changes on the loop's thread alone, and `deinit`, which may run anywhere,
// hands the descriptor back to that thread.
public final class Descriptor: @unchecked Sendable {
    public let number: Int32
    private let loop: EventLoop
    private var key: UInt64?

    /// Takes over `number`, makes it non-blocking and watches it; closes it when that fails.
    ///
    /// - Parameter ready: Called whenever the descriptor *becomes* readable or writable (edges,
    ///   not levels: read or write until EAGAIN after each). Its state at the start is an edge.
    public init(
        adopting number: Int32, on loop: EventLoop,
        ready: @escaping @Sendable (Readiness) -> Void
    ) throws(SystemError) {
        self.number = number
        self.loop = loop
        // From here on `deinit` closes it.
        guard clinux_set_nonblocking(number) == 0 else { throw SystemError(errno, in: "fcntl") }
        key = try loop.watch(number, handler: ready)
    }

    /// Stops watching and gives the descriptor away.
    public func release() -> Int32 {
        if let key { loop.unwatch(key, descriptor: number) }
        key = nil
        isReleased = true
        return number
    }

    private var isReleased = false

    deinit {
        guard !isReleased else { return }
        guard let key, !loop.isCurrent else {
            if let key { loop.unwatch(key, descriptor: number) }
            Glibc.close(number)
            return
        }
        loop.post { [loop, number] in
            loop.unwatch(key, descriptor: number)
            Glibc.close(number)
        }
    }
}
