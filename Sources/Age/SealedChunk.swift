import Crypto
import FoundationEssentials

/// ChaCha20-Poly1305 (RFC 8439) as age uses it: no associated data, the tag behind the text.
enum SealedChunk {
    static let tagSize = 16
    /// For keys that encrypt one thing only.
    static let zeroNonce = [UInt8](repeating: 0, count: 12)

    static func seal(
        _ plaintext: ArraySlice<UInt8>, key: SymmetricKey, nonce: [UInt8],
        into output: inout [UInt8]
    ) {
        guard let nonce = try? ChaChaPoly.Nonce(data: nonce),
            let box = try? ChaChaPoly.seal(plaintext, using: key, nonce: nonce)
        else { preconditionFailure("all keys here have 256 bits and all nonces 96") }
        box.ciphertext.withUnsafeBytes { output.append(contentsOf: $0) }
        box.tag.withUnsafeBytes { output.append(contentsOf: $0) }
    }

    /// `nil` when the tag does not fit.
    static func open(_ chunk: ArraySlice<UInt8>, key: SymmetricKey, nonce: [UInt8]) -> Data? {
        guard let nonce = try? ChaChaPoly.Nonce(data: nonce), chunk.count >= tagSize,
            let box = try? ChaChaPoly.SealedBox(
                nonce: nonce, ciphertext: chunk.dropLast(tagSize), tag: chunk.suffix(tagSize))
        else { return nil }
        return try? ChaChaPoly.open(box, using: key)
    }
}
