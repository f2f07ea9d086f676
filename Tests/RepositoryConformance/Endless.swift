/// Pieces without end, or nearly so: no writer that goes on fills a disk. Somebody may wait until
/// so many were asked for.
struct Endless: AsyncSequence, Sendable {
    typealias Failure = any Error

    private let count = Count()

    func makeAsyncIterator() -> Iterator { Iterator(count: count) }

    func hasGiven(_ number: Int) async { await count.reaches(number) }

    struct Iterator: AsyncIteratorProtocol {
        let count: Count

        mutating func next() async throws -> [UInt8]? {
            guard await count.increase() < 5000 else { return nil }
            return [UInt8](repeating: 3, count: 100_000)
        }
    }

    actor Count {
        private var value = 0
        private var waiting: [(number: Int, continuation: CheckedContinuation<Void, Never>)] = []

        func increase() -> Int {
            value += 1
            for wait in waiting where wait.number <= value { wait.continuation.resume() }
            waiting.removeAll { $0.number <= value }
            return value
        }

        func reaches(_ number: Int) async {
            guard value < number else { return }
            await withCheckedContinuation { waiting.append((number, $0)) }
        }
    }
}
