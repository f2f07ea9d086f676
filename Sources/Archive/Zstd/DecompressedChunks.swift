internal import Loop
public import Vocabulary

/// What a stream of zstd frames holds, read while it comes, on the blocking pool.
///
/// However little expands to however much, no more than 1 MiB of it is held. That what was given
/// out is all of it is known when it ends without an error. Pieces are of at most 256 KiB.
public struct DecompressedChunks<Source: AsyncSequence>: AsyncSequence
where Source.Element == [UInt8] {
    private let source: Source
    private let limit: ByteCount?

    /// - Parameter limit: how much may come out; `nil` for any amount.
    public init(_ source: Source, limit: ByteCount? = nil) {
        self.source = source
        self.limit = limit
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(source: source.makeAsyncIterator(), limit: limit)
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private var source: Source.AsyncIterator
        private let decompression: Decompression
        private var ready: [[UInt8]] = []
        private var needsInput = true
        private var hasEnded = false

        fileprivate init(source: Source.AsyncIterator, limit: ByteCount?) {
            self.source = source
            decompression = Decompression(limit)
        }

        public mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        /// Never an empty piece.
        ///
        /// - Throws: ``ArchiveError`` for what is damaged or ends too early.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws -> [UInt8]? {
            while ready.isEmpty, !hasEnded {
                var input: [UInt8]?
                if needsInput {
                    input = try await source.next(isolation: actor)
                    if input == nil {
                        try Task.checkCancellation()
                        hasEnded = true
                        try await decompression.finish()
                        return nil
                    }
                }
                let step = try await decompression.run(input)
                ready = step.pieces.reversed()
                needsInput = step.needsInput
            }
            return ready.popLast()
        }
    }
}

extension DecompressedChunks: Sendable where Source: Sendable {}

/// A decompressor that an iterator can hold, on the blocking pool.
private actor Decompression {
    struct Step {
        /// In order.
        var pieces: [[UInt8]]
        var needsInput: Bool
    }

    private static let bound = 1 << 20

    private nonisolated let lane = BlockingLane()
    private let limit: ByteCount?
    private var decompressor: ZstdDecompressor?

    init(_ limit: ByteCount?) {
        self.limit = limit
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

    func finish() throws(ArchiveError) {
        guard decompressor != nil else { throw ArchiveError(.unreadable, "it is empty") }
        try decompressor?.finish()
    }

    func run(_ input: [UInt8]?) throws(ArchiveError) -> Step {
        if decompressor == nil { decompressor = try ZstdDecompressor(limit: limit) }
        if let input { decompressor?.feed(input) }
        var step = Step(pieces: [], needsInput: false)
        var count = 0
        while count < Self.bound {
            guard let bytes = try decompressor?.next() else {
                step.needsInput = true
                break
            }
            count += bytes.count
            step.pieces.append(bytes)
        }
        return step
    }
}
