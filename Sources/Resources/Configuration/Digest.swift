import Crypto
import Schema

extension Sequence<UInt8> {
    /// SHA-256 in lowercase hexadecimal.
    var sha256: String {
        SHA256.hash(data: Array(self)).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }
}

extension SecretText {
    /// What stands for the text in a fingerprint.
    var digest: String { withExposed { $0.utf8.sha256 } }
}
