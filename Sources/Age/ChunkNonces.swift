/// The nonces of a payload's chunks: a counter of eleven bytes, and whether it is the last.
struct ChunkNonces {
    /// Of the plaintext.
    static let chunkSize = 64 << 10

    /// How many chunks came before.
    private(set) var count: UInt64 = 0

    mutating func advance() {
        // At a terabyte a second this takes two million years to overflow; if it did, it traps.
        count += 1
    }

    func nonce(isLast: Bool) -> [UInt8] {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: count >> UInt64(56 - 8 * $0)) }
        return [0, 0, 0] + counter + [isLast ? 1 : 0]
    }
}
