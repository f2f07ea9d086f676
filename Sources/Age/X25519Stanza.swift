import Crypto
import Vocabulary

/// The file key for who holds an X25519 identity.
///
/// Source: https://age-encryption.org/v1, «The X25519 recipient type».
struct X25519Stanza: Sendable {
    static let type = "X25519"
    private static let shareSize = 32
    private static let info = Array("age-encryption.org/v1/X25519".utf8)

    let share: [UInt8]
    let body: [UInt8]

    init(_ stanza: Stanza) throws(AgeError) {
        guard stanza.arguments.count == 2 else {
            throw .headerMalformed("an X25519 recipient has other than one argument")
        }
        guard let share = Base64.decode(stanza.arguments[1].utf8, padding: .forbidden),
            share.count == Self.shareSize
        else {
            throw .headerMalformed("an X25519 recipient has a share that is not of 32 bytes")
        }
        guard stanza.body.count == FileKey.size + SealedChunk.tagSize else {
            throw .headerMalformed("an X25519 recipient has a body that is not of 32 bytes")
        }
        self.share = share
        body = stanza.body
    }

    /// - Throws: for a recipient of low order, with which nothing would be secret.
    init(wrapping key: FileKey, for recipient: Recipient) throws(AgeError) {
        let ephemeral = Curve25519.KeyAgreement.PrivateKey()
        share = Array(ephemeral.publicKey.rawRepresentation)
        guard
            let wrapKey = Self.wrapKey(
                ephemeral, with: recipient.publicKey, share: share, recipient: recipient)
        else {
            throw .recipientUnusable(
                recipient.description, reason: "it is a weak key that anybody could open", line: nil
            )
        }
        body = key.wrapped(with: wrapKey)
    }

    var stanza: Stanza {
        let share = Base64.encode(share, padded: false)
        return Stanza(arguments: [Self.type, share], body: body)
    }

    /// The file key, `nil` when it is for somebody else.
    ///
    /// - Throws: when the share is of low order: the secret would be no secret.
    func fileKey(for identity: Identity) throws(AgeError) -> FileKey? {
        let wrapKey = identity.withKey { key in
            Self.wrapKey(key, with: share, share: share, recipient: identity.recipient)
        }
        guard let wrapKey else {
            throw .headerMalformed("an X25519 recipient has a share of low order")
        }
        return FileKey(unwrapping: body, with: wrapKey)
    }

    /// `nil` when the shared secret is all zeros (RFC 7748 §6.1), which swift-crypto lets pass.
    private static func wrapKey(
        _ key: Curve25519.KeyAgreement.PrivateKey, with other: [UInt8], share: [UInt8],
        recipient: Recipient
    ) -> SymmetricKey? {
        guard let other = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: other),
            let secret = try? key.sharedSecretFromKeyAgreement(with: other),
            secret.withUnsafeBytes({ $0.reduce(0, |) != 0 })
        else { return nil }
        return secret.hkdfDerivedSymmetricKey(
            using: SHA256.self, salt: share + recipient.publicKey, sharedInfo: info,
            outputByteCount: 32)
    }
}
