/// A few pieces between two stages of a pipeline that run at the same time: who gives waits when
/// it is full, who takes when it is empty.
///
/// One task gives and one takes, both within one task group; each lets the other go when it ends,
/// however it ends. So neither needs to be woken by cancellation.
actor PieceChannel {
    private let capacity: Int
    private var pieces: [[UInt8]] = []
    private var ending: Result<Void, any Error>?
    private var isClosed = false
    private var giver: CheckedContinuation<Void, Never>?
    private var taker: CheckedContinuation<Void, Never>?

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// - Returns: `false` when nothing more is taken.
    func give(_ piece: [UInt8]) async -> Bool {
        while pieces.count >= capacity, !isClosed {
            await withCheckedContinuation { giver = $0 }
        }
        guard !isClosed else { return false }
        pieces.append(piece)
        taker.take()?.resume()
        return true
    }

    /// No piece comes any more: that was all, or `error` comes in its place.
    func end(_ error: (any Error)? = nil) {
        ending = error.map { .failure($0) } ?? .success(())
        taker.take()?.resume()
    }

    /// No piece is taken any more.
    func close() {
        isClosed = true
        pieces = []
        giver.take()?.resume()
    }

    func take() async throws -> [UInt8]? {
        while pieces.isEmpty {
            if let ending {
                try ending.get()
                return nil
            }
            await withCheckedContinuation { taker = $0 }
        }
        giver.take()?.resume()
        return pieces.removeFirst()
    }

    /// What is given, as a sequence for the one who takes.
    nonisolated var taken: Taken { Taken(channel: self) }

    struct Taken: AsyncSequence, Sendable {
        typealias Failure = any Error
        let channel: PieceChannel

        func makeAsyncIterator() -> Iterator { Iterator(channel: channel) }

        struct Iterator: AsyncIteratorProtocol {
            let channel: PieceChannel

            mutating func next() async throws -> [UInt8]? { try await channel.take() }
        }
    }
}
