import Crypto
import Vocabulary

/// SHA-256 as `sha256sum` prints it.
func sha256Text(_ bytes: some Sequence<UInt8>) -> String {
    SHA256.hash(data: Array(bytes)).hexadecimal
}
