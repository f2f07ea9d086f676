import Synchronization

/// A pattern of which can be seen how much was asked for.
struct CountedStream: AsyncSequence, Sendable {
    final class Count: Sendable {
        private let bytes = Atomic<Int>(0)

        var value: Int { bytes.load(ordering: .acquiring) }

        func add(_ count: Int) { bytes.wrappingAdd(count, ordering: .acquiringAndReleasing) }
    }

    let size: Int
    let count = Count()

    struct AsyncIterator: AsyncIteratorProtocol {
        var pattern: Pattern.AsyncIterator
        let count: Count

        mutating func next() async throws -> [UInt8]? {
            let piece = try await pattern.next()
            count.add(piece?.count ?? 0)
            return piece
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(pattern: Pattern(size: size).makeAsyncIterator(), count: count)
    }
}

/// Supplies one piece, and then nothing until it is cancelled.
struct EndlessWait: AsyncSequence, Sendable {
    let first: [UInt8]

    struct AsyncIterator: AsyncIteratorProtocol {
        var first: [UInt8]?

        mutating func next() async throws -> [UInt8]? {
            if let piece = first {
                first = nil
                return piece
            }
            try await Task.sleep(for: .seconds(3600))
            return nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(first: first) }
}
