import Testing

@testable import Loop

@Suite struct TimerQueueTests {
    /// Against the obvious implementation: a list that is sorted each time.
    @Test(arguments: 0..<20) func itAgreesWithASortedList(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = TimerQueue()
        let start = ContinuousClock.now
        var expected: [(timer: LoopTimer, offset: Int)] = []
        var now = 0
        for _ in 0..<2000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let offset = now + Int.random(in: 1..<500, using: &random)
                expected.append((queue.add(start + .milliseconds(offset)) {}, offset))
            case 5..<8:
                guard let index = expected.indices.randomElement(using: &random) else { continue }
                queue.remove(expected.remove(at: index).timer)
            default:
                now += Int.random(in: 0..<200, using: &random)
                let due = queue.due(at: start + .milliseconds(now)).count
                #expect(due == expected.count { $0.offset <= now })
                expected.removeAll { $0.offset <= now }
            }
            let earliest = expected.map(\.offset).min().map { start + .milliseconds($0) }
            #expect(queue.earliest == earliest)
        }
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
