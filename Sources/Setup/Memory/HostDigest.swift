import Crypto
import Vocabulary

/// Digests that a host keeps: HMAC-SHA-256 under a random key of the host's own, in
/// hexadecimal. What they are made from may contain a secret that could be guessed from a bare
/// hash.
enum HostDigest {
    static func digest(of text: String, key: Sensitive<String>) -> String {
        key.withExposed { key in
            HMAC<SHA256>.authenticationCode(
                for: Array(text.utf8), using: SymmetricKey(data: Array(key.utf8))
            ).hexadecimal
        }
    }

    /// Whether a text can be such a digest, or a host's key, which looks the same.
    static func isOne(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }

    static func newKey() -> Sensitive<String> {
        Sensitive(SymmetricKey(size: .bits256).withUnsafeBytes { $0.hexadecimal })
    }
}
