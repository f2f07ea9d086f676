import Glibc
import Loop
import Testing

@Suite struct BlockingPoolTests {
    private actor Blocked {
        private nonisolated let lane = BlockingLane()
        private var calls: [Int] = []

        nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

        func thread() -> String { currentThread() }

        /// How many calls there have been, this one included.
        func count() -> Int {
            let before = calls.count
            sched_yield()
            calls.append(before)
            return calls.count
        }
    }

    @Test func `what runs in it blocks its own threads alone`() async {
        #expect(await BlockingPool.shared.run { currentThread() }.hasPrefix("blocking-"))
    }

    @Test func `an actor in a lane is on its threads, whoever calls it, one call at a time`() async
    {
        let actor = Blocked()
        #expect(await actor.thread().hasPrefix("blocking-"))
        let counts = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<500 { group.addTask { await actor.count() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts.sorted() == Array(1...500))
        #expect(await actor.thread().hasPrefix("blocking-"))
    }

    @Test func `more actors than the pool has threads all have their turns`() async {
        let actors = (0..<40).map { _ in Blocked() }
        await withTaskGroup(of: Void.self) { group in
            for actor in actors {
                group.addTask { for _ in 0..<20 { _ = await actor.count() } }
            }
        }
        for actor in actors { #expect(await actor.count() == 21) }
    }
}

private func currentThread() -> String {
    var bytes = [CChar](repeating: 0, count: 64)
    let file = open("/proc/thread-self/comm", O_RDONLY)
    defer { close(file) }
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
}
