import Crypto
import FoundationEssentials
import Vocabulary

/// The key of one file, which its header wraps for each recipient.
struct FileKey: Sendable {
    static let size = 16

    private let key: Sensitive<SymmetricKey>

    /// A new one, for one file.
    init() {
        key = Sensitive(SymmetricKey(size: .bits128))
    }

    /// Out of the body of a stanza; `nil` when it was wrapped under another key.
    ///
    /// The body has been checked to be as long as a file key and its tag: one that is longer
    /// could be made to open under several keys, and tell which ones somebody holds.
    init?(unwrapping body: [UInt8], with wrapKey: SymmetricKey) {
        precondition(body.count == Self.size + SealedChunk.tagSize)
        guard let opened = SealedChunk.open(body[...], key: wrapKey, nonce: SealedChunk.zeroNonce)
        else { return nil }
        key = Sensitive(SymmetricKey(data: opened))
    }

    func wrapped(with wrapKey: SymmetricKey) -> [UInt8] {
        key.withExposed { key in
            let bytes = key.withUnsafeBytes { Array($0) }
            var body: [UInt8] = []
            SealedChunk.seal(
                bytes[...], key: wrapKey, nonce: SealedChunk.zeroNonce, into: &body)
            return body
        }
    }

    func authenticationCode(of header: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: header, using: headerKey))
    }

    /// In a time that does not depend on where they differ.
    func authenticates(_ code: [UInt8], of header: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: header, using: headerKey)
    }

    /// - Parameter nonce: the payload's, of 16 bytes.
    func payloadKey(nonce: [UInt8]) -> SymmetricKey {
        derived(salt: nonce, info: "payload")
    }

    private var headerKey: SymmetricKey { derived(salt: [], info: "header") }

    private func derived(salt: [UInt8], info: String) -> SymmetricKey {
        key.withExposed { key in
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: key, salt: salt, info: Array(info.utf8), outputByteCount: 32)
        }
    }
}
