import Crypto

/// Seals a payload chunk by chunk: the STREAM construction of https://age-encryption.org/v1,
/// «Payload». It holds back one chunk, for the last one is sealed as such.
struct PayloadWriter {
    static let nonceSize = 16

    private let key: SymmetricKey
    private var nonces = ChunkNonces()
    private var pending: [UInt8] = []

    init(key: SymmetricKey) {
        self.key = key
    }

    mutating func write(_ bytes: ArraySlice<UInt8>, into output: inout [UInt8]) {
        var rest = bytes
        while !rest.isEmpty {
            if pending.count == ChunkNonces.chunkSize {
                seal(pending[...], isLast: false, into: &output)
                pending.removeAll(keepingCapacity: true)
            }
            // Most chunks of a large piece are sealed where they lie.
            while pending.isEmpty, rest.count > ChunkNonces.chunkSize {
                seal(rest.prefix(ChunkNonces.chunkSize), isLast: false, into: &output)
                rest = rest.dropFirst(ChunkNonces.chunkSize)
            }
            let count = min(ChunkNonces.chunkSize - pending.count, rest.count)
            pending += rest.prefix(count)
            rest = rest.dropFirst(count)
        }
    }

    mutating func finish(into output: inout [UInt8]) {
        seal(pending[...], isLast: true, into: &output)
    }

    private mutating func seal(
        _ chunk: ArraySlice<UInt8>, isLast: Bool, into output: inout [UInt8]
    ) {
        SealedChunk.seal(chunk, key: key, nonce: nonces.nonce(isLast: isLast), into: &output)
        nonces.advance()
    }
}
