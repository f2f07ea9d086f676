public import Vocabulary

/// Pieces that are there, or that fail when their turn comes.
public struct Pieces: AsyncSequence, Sendable {
    public typealias Failure = any Error

    /// What a source fails with in tests.
    public struct Broken: Error, Hashable {
        public init() {}
    }

    private let pieces: [[UInt8]]
    private let failure: (any Error)?

    public init(_ pieces: [[UInt8]], failing failure: (any Error)? = nil) {
        self.pieces = pieces
        self.failure = failure
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(pieces: pieces[...], failure: failure)
    }

    public struct Iterator: AsyncIteratorProtocol {
        var pieces: ArraySlice<[UInt8]>
        let failure: (any Error)?

        public mutating func next() async throws -> [UInt8]? {
            if let piece = pieces.popFirst() { return piece }
            if let failure { throw failure }
            return nil
        }
    }
}

/// So many bytes that no other seed gives, in pieces of an odd size, made when they are asked for.
public struct Noise: AsyncSequence, Sendable {
    public typealias Failure = any Error

    private let size: Int
    private let seed: UInt64
    private let pieceSize: Int

    public init(_ size: Int, seed: UInt64 = 1, pieceSize: Int = 99_991) {
        self.size = size
        self.seed = seed
        self.pieceSize = pieceSize
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(rest: size, random: SeededGenerator(seed: seed), pieceSize: pieceSize)
    }

    public struct Iterator: AsyncIteratorProtocol {
        var rest: Int
        var random: SeededGenerator
        let pieceSize: Int

        public mutating func next() async throws -> [UInt8]? {
            guard rest > 0 else { return nil }
            let count = Swift.min(rest, pieceSize)
            rest -= count
            return random.bytes(count)
        }
    }
}

extension SeededGenerator {
    public mutating func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            for start in stride(from: 0, to: count, by: 8) {
                withUnsafeBytes(of: next()) { word in
                    let target = UnsafeMutableRawBufferPointer(rebasing: raw[start...])
                    target.copyMemory(from: .init(rebasing: word.prefix(target.count)))
                }
            }
            initialized = count
        }
    }
}

extension AsyncSequence where Element == [UInt8] {
    /// All of it.
    public func collected() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in self { bytes += piece }
        return bytes
    }
}
