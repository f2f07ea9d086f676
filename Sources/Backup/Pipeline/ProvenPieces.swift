/// Pieces whose digest is known before: the last of them is held back until all of them have been
/// proven, so that nobody who reads to the end has anything else than what was written.
struct ProvenPieces<Source: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Source.Element == [UInt8] {
    typealias Failure = any Error

    let source: Source
    let expected: StoredObject
    let failure: @Sendable (_ found: StoredObject) -> PipelineError

    func makeAsyncIterator() -> Iterator {
        Iterator(source: source.makeAsyncIterator(), expected: expected, failure: failure)
    }

    struct Iterator: AsyncIteratorProtocol {
        var source: Source.AsyncIterator
        let expected: StoredObject
        let failure: @Sendable (_ found: StoredObject) -> PipelineError
        var digest = RunningDigest()
        var held: [UInt8]?
        var hasEnded = false

        init(
            source: Source.AsyncIterator, expected: StoredObject,
            failure: @escaping @Sendable (_ found: StoredObject) -> PipelineError
        ) {
            self.source = source
            self.expected = expected
            self.failure = failure
        }

        mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            while !hasEnded {
                guard let piece = try await source.next(isolation: actor) else {
                    try Task.checkCancellation()
                    hasEnded = true
                    guard digest.stored == expected else { throw failure(digest.stored) }
                    return held.take()
                }
                digest.add(piece)
                // What is too long is wrong, however it goes on.
                guard digest.size <= expected.size else {
                    hasEnded = true
                    throw failure(digest.stored)
                }
                let ready = held
                held = piece
                if let ready { return ready }
            }
            return nil
        }
    }
}
