import Testing
import Vocabulary

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
