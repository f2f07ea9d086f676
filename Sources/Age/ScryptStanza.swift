import Crypto
import CryptoExtras
import FoundationEssentials
import Vocabulary

/// The file key for who knows a passphrase.
///
/// Source: https://age-encryption.org/v1, «The scrypt recipient type»; RFC 7914.
struct ScryptStanza: Sendable {
    static let type = "scrypt"
    private static let saltSize = 16
    private static let saltLabel = Array("age-encryption.org/v1/scrypt".utf8)

    let salt: [UInt8]
    let workFactor: WorkFactor
    let body: [UInt8]

    /// - Parameter limit: what deriving the key may cost at most: the file names the cost, and
    ///   nothing of the file is authentic before.
    init(_ stanza: Stanza, limit: WorkFactor) throws(AgeError) {
        guard stanza.arguments.count == 3 else {
            throw .headerMalformed("the passphrase's recipient has other than two arguments")
        }
        guard let salt = Base64.decode(stanza.arguments[1].utf8, padding: .forbidden),
            salt.count == Self.saltSize
        else {
            throw .headerMalformed("the passphrase's salt is not of \(Self.saltSize) bytes")
        }
        guard stanza.body.count == FileKey.size + SealedChunk.tagSize else {
            throw .headerMalformed("the passphrase's recipient has a body that is not of 32 bytes")
        }
        let exponent = try Self.exponent(stanza.arguments[2])
        guard exponent <= limit.exponent, let workFactor = WorkFactor(exponent: exponent) else {
            throw .workFactorTooHigh(exponent: exponent, limit: limit)
        }
        self.salt = salt
        self.workFactor = workFactor
        body = stanza.body
    }

    /// Blocks for as long as the work factor makes it.
    init(
        wrapping key: FileKey, for passphrase: Passphrase, _ workFactor: WorkFactor
    ) throws(AgeError) {
        self.workFactor = workFactor
        salt = .random(count: Self.saltSize)
        body = key.wrapped(with: try Self.wrapKey(passphrase, salt: salt, workFactor))
    }

    var stanza: Stanza {
        let salt = Base64.encode(salt, padded: false)
        return Stanza(arguments: [Self.type, salt, String(workFactor.exponent)], body: body)
    }

    /// The file key, `nil` when the passphrase is another one. Blocks for as long as the work
    /// factor makes it.
    func fileKey(for passphrase: Passphrase) throws(AgeError) -> FileKey? {
        FileKey(
            unwrapping: body, with: try Self.wrapKey(passphrase, salt: salt, workFactor))
    }

    /// `[1-9][0-9]*`; of a number beyond all bounds only that it is.
    private static func exponent(_ text: String) throws(AgeError) -> Int {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text.first != "0" else {
            throw .headerMalformed("the passphrase's work factor is not a number")
        }
        return Int(text) ?? .max
    }

    /// r is 8 and p is 1, always.
    private static func wrapKey(
        _ passphrase: Passphrase, salt: [UInt8], _ workFactor: WorkFactor
    ) throws(AgeError) -> SymmetricKey {
        let key = passphrase.withBytes { bytes in
            try? KDF.Scrypt.deriveKey(
                from: bytes, salt: saltLabel + salt, outputByteCount: 32,
                rounds: 1 << workFactor.exponent, blockSize: 8, parallelism: 1)
        }
        guard let key else { throw .outOfMemory(workFactor) }
        return key
    }
}
