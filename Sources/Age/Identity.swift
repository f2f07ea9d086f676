import Crypto
import FoundationEssentials
public import Vocabulary

/// What opens files that are encrypted to its recipient: an X25519 secret key,
/// `AGE-SECRET-KEY-1…`.
///
/// The key cannot be printed: neither by description, nor by reflection, nor in a string.
public struct Identity: Sendable {
    private static let prefix = "AGE-SECRET-KEY-"

    private let key: Sensitive<Curve25519.KeyAgreement.PrivateKey>
    /// What goes public.
    public let recipient: Recipient

    /// A new one.
    public init() {
        self.init(Curve25519.KeyAgreement.PrivateKey())
    }

    /// - Parameter text: `AGE-SECRET-KEY-1…`, as `age-keygen` prints it.
    /// - Throws: an error that says nothing of the text.
    public init(_ text: Sensitive<String>) throws(AgeError) {
        do {
            self.init(try text.withExposed(Self.decoded))
        } catch {
            throw .identityUnusable(reason: error.reason, line: nil)
        }
    }

    private init(_ key: Curve25519.KeyAgreement.PrivateKey) {
        self.key = Sensitive(key)
        recipient = Recipient(publicKey: Array(key.publicKey.rawRepresentation))
    }

    /// `AGE-SECRET-KEY-1…`, for the one place where it is kept.
    public var encoded: Sensitive<String> {
        key.map { key in
            Bech32.encode(prefix: Self.prefix.lowercased(), key.rawRepresentation).uppercased()
        }
    }

    func withKey<Result>(_ body: (Curve25519.KeyAgreement.PrivateKey) -> Result) -> Result {
        key.withExposed(body)
    }

    private static func decoded(
        _ text: String
    ) throws(Bech32.Flaw) -> Curve25519.KeyAgreement.PrivateKey {
        let decoded = try Bech32.decode(text)
        guard decoded.prefix == Self.prefix else { throw foreign(decoded.prefix) }
        guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: decoded.bytes)
        else { throw Bech32.Flaw(reason: "it is not of 32 bytes") }
        return key
    }

    private static func foreign(_ other: String) -> Bech32.Flaw {
        switch other {
        case prefix.lowercased():
            Bech32.Flaw(reason: "it is in lower case; secret keys are in upper case")
        case "age":
            Bech32.Flaw(reason: "it is a public key, which opens nothing")
        default:
            Bech32.Flaw(
                reason: "only X25519 keys, which begin with AGE-SECRET-KEY-1, can be used here")
        }
    }
}

extension Identity: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { redaction }
    public var debugDescription: String { redaction }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension DefaultStringInterpolation {
    @available(*, deprecated, message: "an Identity has no place in a string; see its recipient")
    public mutating func appendInterpolation(_ value: Identity) {
        appendLiteral(redaction)
    }
}
