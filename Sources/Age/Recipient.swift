/// Whom a file is encrypted to: an X25519 public key, `age1…`.
public struct Recipient: Hashable, Sendable {
    static let prefix = "age"
    static let size = 32

    let publicKey: [UInt8]

    init(publicKey: [UInt8]) {
        self.publicKey = publicKey
    }

    /// - Parameter text: `age1…`, as `age-keygen` prints it.
    public init(_ text: String) throws(AgeError) {
        do throws(Bech32.Flaw) {
            let decoded = try Bech32.decode(text)
            guard decoded.prefix == Self.prefix else { throw Self.foreign(decoded.prefix) }
            guard decoded.bytes.count == Self.size else {
                throw Bech32.Flaw(reason: "it is not of \(Self.size) bytes")
            }
            publicKey = decoded.bytes
        } catch {
            let reason = text.hasPrefix("ssh-") ? Self.foreign("ssh").reason : error.reason
            throw .recipientUnusable(Self.shown(text), reason: reason, line: nil)
        }
    }

    /// A secret key that stands where its recipient should is not shown, nor one with a typo.
    private static func shown(_ text: String) -> String? {
        text.lowercased().contains("secret") ? nil : text
    }

    private static func foreign(_ prefix: String) -> Bech32.Flaw {
        switch prefix {
        case "AGE": Bech32.Flaw(reason: "it is in upper case; write it in lower case")
        case "AGE-SECRET-KEY-":
            Bech32.Flaw(reason: "it is a secret key; give its public key, which begins with age1")
        default: Bech32.Flaw(reason: "only X25519 keys, which begin with age1, can be used here")
        }
    }
}

extension Recipient: CustomStringConvertible {
    /// `age1…`
    public var description: String { Bech32.encode(prefix: Self.prefix, publicKey) }
}
