import Crypto
import FoundationEssentials

/// Opens a payload chunk by chunk. Nothing leaves it before its tag was found right, and a
/// payload that lost its end is not taken for a whole one: the last chunk is sealed as such.
struct PayloadReader {
    private enum Phase {
        case nonce(FileKey)
        case chunks(SymmetricKey)
        /// The last chunk was opened: nothing may follow.
        case ended
    }

    private static let sealedSize = ChunkNonces.chunkSize + SealedChunk.tagSize

    private var phase: Phase
    private var nonces = ChunkNonces()
    /// What does not fill a chunk yet.
    private var pending: [UInt8] = []

    init(key: FileKey) {
        phase = .nonce(key)
    }

    /// Appends to `output` what is authentic of the plaintext; also before it throws.
    mutating func read(
        _ bytes: ArraySlice<UInt8>, into output: inout [UInt8]
    ) throws(AgeError) {
        var rest = bytes
        while !rest.isEmpty {
            switch phase {
            case .nonce(let fileKey):
                fill(upTo: PayloadWriter.nonceSize, from: &rest)
                if pending.count == PayloadWriter.nonceSize {
                    phase = .chunks(fileKey.payloadKey(nonce: pending))
                    pending.removeAll(keepingCapacity: true)
                }
            case .chunks(let key) where pending.isEmpty && rest.count >= Self.sealedSize:
                // Most chunks of a large piece are opened where they lie.
                try open(rest.prefix(Self.sealedSize), key: key, into: &output)
                rest = rest.dropFirst(Self.sealedSize)
            case .chunks(let key):
                fill(upTo: Self.sealedSize, from: &rest)
                if pending.count == Self.sealedSize {
                    try open(pending[...], key: key, into: &output)
                    pending.removeAll(keepingCapacity: true)
                }
            case .ended:
                throw .trailingData
            }
        }
    }

    mutating func finish(into output: inout [UInt8]) throws(AgeError) {
        switch phase {
        case .nonce:
            throw .truncated(.header)
        case .chunks(let key):
            try openLast(key: key, into: &output)
        case .ended:
            return
        }
    }

    private mutating func fill(upTo size: Int, from rest: inout ArraySlice<UInt8>) {
        let count = min(size - pending.count, rest.count)
        pending += rest.prefix(count)
        rest = rest.dropFirst(count)
    }

    /// A chunk of full size: one in the middle most likely, but it may be the last one as well.
    private mutating func open(
        _ chunk: ArraySlice<UInt8>, key: SymmetricKey, into output: inout [UInt8]
    ) throws(AgeError) {
        if let text = SealedChunk.open(chunk, key: key, nonce: nonces.nonce(isLast: false)) {
            append(text, to: &output)
        } else if let text = SealedChunk.open(chunk, key: key, nonce: nonces.nonce(isLast: true)) {
            append(text, to: &output)
            phase = .ended
        } else {
            throw .payloadDamaged(offset: offset)
        }
    }

    /// What stands where the input ends, of less than full size.
    private mutating func openLast(
        key: SymmetricKey, into output: inout [UInt8]
    ) throws(AgeError) {
        guard pending.count >= SealedChunk.tagSize else { throw .truncated(.payload) }
        guard
            let text = SealedChunk.open(pending[...], key: key, nonce: nonces.nonce(isLast: true))
        else { throw .endDamaged(offset: offset) }
        guard !text.isEmpty || nonces.count == 0 else { throw .lastChunkEmpty }
        append(text, to: &output)
        phase = .ended
    }

    private mutating func append(_ text: Data, to output: inout [UInt8]) {
        text.withUnsafeBytes { output.append(contentsOf: $0) }
        nonces.advance()
    }

    /// Where in the plaintext the chunk that comes would begin.
    private var offset: Int { Int(clamping: nonces.count) * ChunkNonces.chunkSize }
}
