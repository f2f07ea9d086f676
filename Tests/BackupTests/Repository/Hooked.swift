/// Pieces, between which something else happens once.
struct Hooked: AsyncSequence, Sendable {
    typealias Failure = any Error
    private let pieces: [[UInt8]]
    private let count: Int
    private let hook: @Sendable () async throws -> Void

    /// - Parameter count: of the pieces that come before.
    init(
        _ pieces: [[UInt8]], after count: Int = 1,
        _ hook: @escaping @Sendable () async throws -> Void
    ) {
        self.pieces = pieces
        self.count = count
        self.hook = hook
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(pieces: pieces[...], count: count, hook: hook)
    }

    struct Iterator: AsyncIteratorProtocol {
        var pieces: ArraySlice<[UInt8]>
        var count: Int
        let hook: @Sendable () async throws -> Void

        mutating func next() async throws -> [UInt8]? {
            if count == 0 { try await hook() }
            count -= 1
            return pieces.popFirst()
        }
    }
}
