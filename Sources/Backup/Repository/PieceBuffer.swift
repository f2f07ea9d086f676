import Synchronization

/// Some pieces between a producer and a reader that are not in one scope; see ``PieceChannel`` for
/// two that are. Each of them may be cancelled by itself, so that closing never waits.
final class PieceBuffer: Sendable {
    /// In bytes: what a reader is ahead of the network for, and all that a stream holds.
    private static let capacity = 1 << 20

    private struct State {
        var producer: Task<Void, Never>?
        var pieces: [[UInt8]] = []
        var size = 0
        var ending: Result<Void, any Error>?
        var isClosed = false
        var giver: CheckedContinuation<Void, any Error>?
        var taker: CheckedContinuation<[UInt8]?, any Error>?
    }

    private let state = Mutex(State())

    /// Starts the producer, unless there was one.
    func start(_ make: () -> Task<Void, Never>) {
        state.withLock { state in
            if state.producer == nil, !state.isClosed { state.producer = make() }
        }
    }

    /// Returns when there is room for more.
    ///
    /// - Throws: `CancellationError` when nobody reads any more.
    func give(_ piece: [UInt8]) async throws {
        guard !piece.isEmpty else { return }
        try await withCheckedThrowingContinuation { accept(piece, from: $0) }
    }

    private func accept(_ piece: [UInt8], from giver: CheckedContinuation<Void, any Error>) {
        state.withLock { state in
            if state.isClosed {
                giver.resume(throwing: CancellationError())
            } else if let taker = state.taker.take() {
                taker.resume(returning: piece)
                giver.resume()
            } else {
                state.pieces.append(piece)
                state.size += piece.count
                if state.size < Self.capacity { giver.resume() } else { state.giver = giver }
            }
        }
    }

    /// No piece comes any more: that was all, or `error` comes in its place.
    func end(_ error: (any Error)? = nil) {
        state.withLock { state in
            let ending = error.map { Result<Void, any Error>.failure($0) } ?? .success(())
            state.ending = ending
            state.taker.take()?.resume(with: ending.map { nil })
        }
    }

    /// The next piece; `nil` behind the last. For one reader.
    func take() async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { hand(to: $0) }
    }

    private func hand(to taker: CheckedContinuation<[UInt8]?, any Error>) {
        state.withLock { state in
            if state.isClosed {
                taker.resume(throwing: CancellationError())
            } else if let piece = state.pieces.first {
                state.pieces.removeFirst()
                state.size -= piece.count
                if state.size < Self.capacity { state.giver.take()?.resume() }
                taker.resume(returning: piece)
            } else if let ending = state.ending {
                taker.resume(with: ending.map { nil })
            } else {
                state.taker = taker
            }
        }
    }

    /// Nothing is read any more; the producer is cancelled.
    func close() {
        let producer = state.withLock { state in
            state.isClosed = true
            state.pieces = []
            state.size = 0
            state.giver.take()?.resume(throwing: CancellationError())
            state.taker.take()?.resume(throwing: CancellationError())
            return state.producer.take()
        }
        producer?.cancel()
    }
}
