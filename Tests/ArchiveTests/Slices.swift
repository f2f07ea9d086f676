import Glibc
import Vocabulary

/// Bytes in pieces of a size.
struct Slices: AsyncSequence, Sendable {
    typealias Failure = any Error
    struct Broken: Error {}

    private let bytes: [UInt8]
    private let size: Int
    private let isBroken: Bool

    init(_ bytes: [UInt8], _ size: Int, isBroken: Bool = false) {
        self.bytes = bytes
        self.size = Swift.max(1, size)
        self.isBroken = isBroken
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(bytes: bytes, size: size, isBroken: isBroken)
    }

    struct Iterator: AsyncIteratorProtocol {
        let bytes: [UInt8]
        let size: Int
        let isBroken: Bool
        var position = 0

        mutating func next() async throws -> [UInt8]? {
            guard position < bytes.count else {
                if isBroken { throw Broken() }
                return nil
            }
            let end = Swift.min(bytes.count, position + size)
            defer { position = end }
            return Array(bytes[position..<end])
        }
    }
}

/// So much text that compresses as a dump does, or that does not.
struct Text {
    let bytes: [UInt8]

    init(_ size: Int, isNoise: Bool = false) {
        var random = SeededGenerator(seed: UInt64(size))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + 64)
        while bytes.count < size {
            let word = random.next()
            if isNoise {
                withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
            } else {
                bytes += "\(word % 100_000)\tpayment \(word % 17)\t2026-11-24\t\\N\n".utf8
            }
        }
        bytes.removeLast(bytes.count - size)
        self.bytes = bytes
    }
}

extension AsyncSequence where Element == [UInt8] {
    func collected() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in self { bytes += piece }
        return bytes
    }
}
