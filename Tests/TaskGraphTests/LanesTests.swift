import Testing
import Vocabulary

@testable import TaskGraph

@Suite struct LanesTests {
    /// Tasks 0… in order of their numbers, each with the rooms that it needs.
    private func lanes(_ needs: [[Int]], capacities: [Int], limit: Int = 100) -> Lanes {
        let order = Array(needs.indices)
        return Lanes(
            limit: limit, capacities: capacities, needs: needs, priority: order, order: order)
    }

    @Test func `a woken task that lacks something else lets the next one try`() {
        // 0 fills the host, 1 the semaphore; 2 needs both, 3 only the host.
        var lanes = lanes([[0], [1], [0, 1], [0]], capacities: [1, 1])
        for node in 0...3 { lanes.add(node) }
        #expect(lanes.start() == 0)
        #expect(lanes.start() == 1)
        #expect(lanes.start() == nil)
        lanes.end(0)
        #expect(lanes.start() == 3)
        lanes.end(3)
        #expect(lanes.start() == nil)
        lanes.end(1)
        #expect(lanes.start() == 2)
    }

    @Test func `whatever ends and comes, the first one with room starts, and none is forgotten`()
        throws
    {
        var (started, refused) = (0, 0)
        for seed in 0..<500 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let capacities = (0..<4).map { _ in Int.random(in: 1...3, using: &random) }
            let needs = (0..<40).map { _ in
                capacities.indices.filter { _ in Int.random(in: 0..<5, using: &random) < 2 }
            }
            let limit = Int.random(in: 1...8, using: &random)
            var lanes = lanes(needs, capacities: capacities, limit: limit)
            var model = Model(needs: needs, capacities: capacities, limit: limit)
            var coming = Array(needs.indices).shuffled(using: &random)
            while !(coming.isEmpty && model.waiting.isEmpty && model.running.isEmpty) {
                for _ in 0..<Int.random(in: 0...6, using: &random) {
                    guard let node = coming.popLast() else { break }
                    lanes.add(node)
                    model.waiting.insert(node)
                }
                // Not always to the end, as where a task comes back while others could start.
                for _ in 0..<Int.random(in: 1...10, using: &random) {
                    let next = lanes.start()
                    try #require(next == model.first, "seed \(seed)")
                    guard let next else { break }
                    model.start(next)
                    started += 1
                }
                if model.first == nil { refused += model.waiting.count }
                guard let ended = model.running.randomElement(using: &random) else { continue }
                lanes.end(ended)
                model.running.remove(ended)
            }
        }
        print("500 random queues: \(started) started, \(refused) times one had to wait")
        #expect(started == 500 * 40 && refused > 10_000)
    }

    /// The same by the definition: look at all that wait, each time.
    private struct Model {
        let needs: [[Int]]
        let capacities: [Int]
        let limit: Int
        var waiting: Set<Int> = []
        var running: Set<Int> = []

        init(needs: [[Int]], capacities: [Int], limit: Int) {
            self.needs = needs
            self.capacities = capacities
            self.limit = limit
        }

        var first: Int? {
            guard running.count < limit else { return nil }
            return waiting.sorted().first { node in
                needs[node].allSatisfy { room in
                    running.count { needs[$0].contains(room) } < capacities[room]
                }
            }
        }

        mutating func start(_ node: Int) {
            waiting.remove(node)
            running.insert(node)
        }
    }
}
