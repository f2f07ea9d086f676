/// Pieces that a producer fetches a little ahead of whoever reads them: some of them wait in
/// memory, and the producer waits when they are too many. Each reader has a producer of its own.
struct PrefetchedPieces: AsyncSequence, Sendable {
    typealias Failure = any Error
    /// Fetches all of it, in pieces that it gives one after the other.
    typealias Producer =
        @Sendable (_ give: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void

    private let isEmpty: Bool
    private let produce: Producer

    /// - Parameter isEmpty: there is nothing to fetch.
    init(isEmpty: Bool = false, _ produce: @escaping Producer) {
        self.isEmpty = isEmpty
        self.produce = produce
    }

    func makeAsyncIterator() -> Iterator { Iterator(prefetch: isEmpty ? nil : Prefetch(produce)) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let prefetch: Prefetch?

        mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try Task.checkCancellation()
            return try await prefetch?.next()
        }
    }
}

/// One reader's producer. It begins with the first piece that is asked for, and ends with the
/// reader: when that one is cancelled, or lets go of what it reads.
private final class Prefetch: Sendable {
    private let buffer = PieceBuffer()
    private let produce: PrefetchedPieces.Producer

    init(_ produce: @escaping PrefetchedPieces.Producer) {
        self.produce = produce
    }

    deinit { buffer.close() }

    func next() async throws -> [UInt8]? {
        // A task of its own, because a sequence that is pulled has no scope that could hold it. It
        // knows the buffer alone, whose end is its own.
        buffer.start { [buffer, produce] in
            Task {
                do {
                    try await produce { try await buffer.give($0) }
                    buffer.end()
                } catch {
                    buffer.end(error)
                }
            }
        }
        return try await withTaskCancellationHandler {
            try await buffer.take()
        } onCancel: {
            buffer.close()
        }
    }
}
