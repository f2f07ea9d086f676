import Glibc

/// The bytes that the test server sends, and others for the way up. Their period is a prime: a
/// piece that is lost, doubled or moved shows.
struct Pattern: AsyncSequence, Sendable {
    private static let period = 1_000_003
    private static let bytes = (0..<period).map { UInt8(truncatingIfNeeded: 7 * $0 + $0 >> 8) }

    let size: Int
    var piece = 256 << 10

    struct AsyncIterator: AsyncIteratorProtocol {
        let piece: Int
        var rest: Int
        var offset = 0

        mutating func next() async throws -> [UInt8]? {
            guard rest > 0 else { return nil }
            let count = Swift.min(piece, rest, Pattern.period - offset)
            defer {
                rest -= count
                offset = (offset + count) % Pattern.period
            }
            return Array(Pattern.bytes[offset..<offset + count])
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(piece: piece, rest: size) }

    /// Compares what arrives with what was sent.
    struct Check {
        private(set) var count = 0
        private var isSame = true
        private(set) var largest = 0

        mutating func take(_ bytes: [UInt8]) {
            largest = Swift.max(largest, bytes.count)
            var start = 0
            while start < bytes.count {
                let offset = count % Pattern.period
                let length = Swift.min(bytes.count - start, Pattern.period - offset)
                let arrived = bytes[start..<start + length]
                if !areSame(arrived, Pattern.bytes[offset..<offset + length]) { isSame = false }
                start += length
                count += length
            }
        }

        func isWhole(_ size: Int) -> Bool { isSame && count == size }
    }
}

/// By memcmp: element by element, a debug build takes a minute for a GiB.
private func areSame(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    left.withUnsafeBytes { left in
        right.withUnsafeBytes { right in
            guard let left = left.baseAddress, let start = right.baseAddress else { return true }
            return memcmp(left, start, right.count) == 0
        }
    }
}
