/// A stream whose type is not known, as a type that can be wrapped.
struct ErasedPieces: AsyncSequence, Sendable {
    typealias Failure = any Error

    let stream: ByteStream

    init(_ stream: ByteStream) {
        self.stream = stream
    }

    func makeAsyncIterator() -> Iterator { Iterator(iterator: stream.makeAsyncIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        var iterator: any AsyncIteratorProtocol<[UInt8], any Error>

        mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try await iterator.next(isolation: actor)
        }
    }
}
