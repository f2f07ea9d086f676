import Synchronization

/// Pieces that pass by and are hashed on the way; for one reader.
struct CountedPieces<Source: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Source.Element == [UInt8] {
    typealias Failure = any Error

    /// What has passed so far.
    final class Total: Sendable {
        private let digest = Mutex(RunningDigest())

        func add(_ bytes: [UInt8]) { digest.withLock { $0.add(bytes) } }
        var stored: StoredObject { digest.withLock { $0.stored } }
    }

    let source: Source
    let total = Total()

    func makeAsyncIterator() -> Iterator {
        Iterator(source: source.makeAsyncIterator(), total: total)
    }

    struct Iterator: AsyncIteratorProtocol {
        var source: Source.AsyncIterator
        let total: Total

        mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            let piece = try await source.next(isolation: actor)
            if let piece { total.add(piece) }
            return piece
        }
    }
}
