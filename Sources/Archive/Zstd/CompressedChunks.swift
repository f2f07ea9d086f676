internal import Loop

/// A stream of pieces as one zstd frame, made while it is read, on the blocking pool.
///
/// When the source throws or the reader stops, the frame has no end, and nobody takes it for
/// whole. Pieces are of at most 256 KiB.
public struct CompressedChunks<Source: AsyncSequence>: AsyncSequence
where Source.Element == [UInt8] {
    private let source: Source
    private let options: ZstdOptions

    public init(_ source: Source, _ options: ZstdOptions = ZstdOptions()) {
        self.source = source
        self.options = options
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(source: source.makeAsyncIterator(), options: options)
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private var source: Source.AsyncIterator
        private let compression: Compression
        private var hasEnded = false
        private var ready = ReadyPieces()

        fileprivate init(source: Source.AsyncIterator, options: ZstdOptions) {
            self.source = source
            compression = Compression(options)
        }

        public mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        /// Never an empty piece.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws -> [UInt8]? {
            while !ready.hasWhole, !hasEnded {
                // Crossing to the pool is worth while for so much only.
                var gathered: [[UInt8]] = []
                var count = 0
                while count < ReadyPieces.size {
                    guard let piece = try await source.next(isolation: actor) else {
                        try Task.checkCancellation()
                        hasEnded = true
                        break
                    }
                    gathered.append(piece)
                    count += piece.count
                }
                ready.add(try await compression.compress(gathered, isLast: hasEnded))
            }
            return ready.next()
        }
    }
}

extension CompressedChunks: Sendable where Source: Sendable {}

/// Bytes that come in any sizes and leave in pieces of 256 KiB, but for the last.
struct ReadyPieces {
    static let size = 256 << 10

    private var bytes: [UInt8] = []

    var hasWhole: Bool { bytes.count >= Self.size }

    mutating func add(_ more: [UInt8]) {
        if bytes.isEmpty { bytes = more } else { bytes += more }
    }

    mutating func next() -> [UInt8]? {
        guard !bytes.isEmpty else { return nil }
        guard bytes.count > Self.size else {
            defer { bytes = [] }
            return bytes
        }
        defer { bytes.removeFirst(Self.size) }
        return Array(bytes.prefix(Self.size))
    }
}

/// A compressor that an iterator can hold, on the blocking pool.
private actor Compression {
    private nonisolated let lane = BlockingLane()
    private let options: ZstdOptions
    private var compressor: ZstdCompressor?

    init(_ options: ZstdOptions) {
        self.options = options
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

    func compress(_ pieces: [[UInt8]], isLast: Bool) throws(ArchiveError) -> [UInt8] {
        if compressor == nil { compressor = try ZstdCompressor(options) }
        var output: [UInt8] = []
        for piece in pieces { try compressor?.compress(piece, into: &output) }
        if isLast { try compressor?.finish(into: &output) }
        return output
    }
}
