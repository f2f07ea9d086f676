/// A descriptor that a loop watches and somebody else owns and closes: a C library with sockets
/// of its own, which says what it wants to know of them.
///
/// Unlike a ``Descriptor`` it is watched by levels: the handler is called again for as long as
/// what is wanted holds. All of it is used on the loop's thread, and ``stop()`` comes before
/// the owner closes the descriptor: its number may be another one's a moment later.
// Unchecked: the mutable state is touched on the loop's thread alone, which each entry checks.
public final class BorrowedDescriptor: @unchecked Sendable {
    public let number: Int32
    private let loop: EventLoop
    private var key: UInt64?
    /// What the handler is called for; nothing at first.
    public private(set) var wanted: Readiness = []

    public init(
        _ number: Int32, on loop: EventLoop, ready: @escaping @Sendable (Readiness) -> Void
    ) {
        self.number = number
        self.loop = loop
        key = loop.watchLevels(handler: ready)
    }

    /// Has the handler called whenever any of `readiness` holds, and for nothing else; errors
    /// and hang-ups show as whatever is wanted.
    public func want(_ readiness: Readiness) throws(SystemError) {
        loop.checkIsolated()
        guard let key, readiness != wanted else { return }
        try loop.want(readiness, instead: wanted, of: key, descriptor: number)
        wanted = readiness
    }

    /// The handler is not called any more.
    public func stop() {
        loop.checkIsolated()
        guard let key else { return }
        // It fails when the owner has closed the descriptor in spite of all: then it is gone.
        try? loop.want([], instead: wanted, of: key, descriptor: number)
        loop.unwatchLevels(key)
        self.key = nil
        wanted = []
    }

    deinit {
        guard let key else { return }
        precondition(wanted.isEmpty, "a descriptor was let go of while it was watched")
        loop.post { [loop] in loop.unwatchLevels(key) }
    }
}
