import Backup

/// A stream with a fault in it.
struct Spoiled: AsyncSequence, Sendable {
    typealias Failure = any Error

    let source: ByteStream
    let fault: FaultyRepository.Fault?

    func makeAsyncIterator() -> Iterator {
        Iterator(source: source.makeAsyncIterator(), fault: fault)
    }

    struct Iterator: AsyncIteratorProtocol {
        var source: any AsyncIteratorProtocol<[UInt8], any Error>
        let fault: FaultyRepository.Fault?
        var position = 0

        init(
            source: any AsyncIteratorProtocol<[UInt8], any Error>,
            fault: FaultyRepository.Fault?
        ) {
            self.source = source
            self.fault = fault
        }

        mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            guard var piece = try await source.next(isolation: actor) else { return nil }
            defer { position += piece.count }
            switch fault {
            case .broken(let count, let error):
                guard position + piece.count > count else { return piece }
                guard position < count else { throw error }
                piece.removeLast(position + piece.count - count)
            case .truncated(let count):
                guard position < count else { return nil }
                piece.removeLast(Swift.max(0, position + piece.count - count))
            case .flipped(let place):
                if (position..<position + piece.count).contains(place) {
                    piece[place - position] ^= 0x10
                }
            default: break
            }
            return piece
        }
    }
}
