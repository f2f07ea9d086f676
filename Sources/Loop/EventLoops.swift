internal import CLinux
internal import Glibc
internal import Synchronization

/// The process's event loops. Two are enough: what they wait for is other machines.
public final class EventLoops: Sendable {
    public static let shared = EventLoops(count: 2)

    private let loops: [EventLoop]
    private let turn = Atomic<Int>(0)

    init(count: Int) {
        // A peer that goes away is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        // Parts of uploads would lie about in heaps: two at once took 85 MB that way, and take 65.
        clinux_return_blocks_from(1 << 20)
        loops = (0..<count).map { EventLoop(name: "loop-\($0)") }
    }

    /// The loop whose turn it is. The stages of one pipeline should share a loop: crossing
    /// from one to another costs more than most of what is done there.
    public func next() -> EventLoop {
        let index = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return loops[Int(UInt(bitPattern: index) % UInt(loops.count))]
    }
}
