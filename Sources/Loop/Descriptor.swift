internal import CLinux
internal import Glibc

/// A descriptor that a loop watches, owned: the last reference closes it.
///
/// Wait for its events after a read or write has said EAGAIN; each may be shared by several
/// descriptors, so that one caller waits for any of them.
// Unchecked: all is immutable; the loop's thread alone calls the handler, and `deinit`, which
// may run anywhere, hands the descriptor back to that thread.
public final class Descriptor: @unchecked Sendable {
    public let number: Int32
    /// Reading may give something new: bytes, the end, or an error.
    public let readable: LoopEvent
    /// Writing may be accepted, or fail.
    public let writable: LoopEvent
    private let loop: EventLoop
    private let key: UInt64

    /// Takes over `number`, makes it non-blocking and watches it; closes it when that fails.
    public init(
        adopting number: Int32, on loop: EventLoop, readable: LoopEvent? = nil,
        writable: LoopEvent? = nil
    ) throws(SystemError) {
        let readable = readable ?? LoopEvent(on: loop)
        let writable = writable ?? LoopEvent(on: loop)
        do {
            key = try loop.watchNonBlocking(number) { readiness in
                if readiness.contains(.readable) { readable.fire() }
                if readiness.contains(.writable) { writable.fire() }
            }
        } catch {
            Glibc.close(number)
            throw error
        }
        self.number = number
        self.loop = loop
        self.readable = readable
        self.writable = writable
    }

    deinit {
        guard loop.isCurrent else {
            return loop.post { [loop, key, number] in
                loop.unwatch(key, descriptor: number)
                Glibc.close(number)
            }
        }
        loop.unwatch(key, descriptor: number)
        Glibc.close(number)
    }
}

extension EventLoop {
    fileprivate func watchNonBlocking(
        _ number: Int32, handler: @escaping @Sendable (Readiness) -> Void
    ) throws(SystemError) -> UInt64 {
        guard clinux_set_nonblocking(number) == 0 else { throw SystemError(errno, in: "fcntl") }
        return try watch(number, handler: handler)
    }
}
