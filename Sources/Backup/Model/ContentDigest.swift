import Crypto
import Vocabulary

/// A SHA-256 (FIPS 180-4) of some bytes.
public struct ContentDigest: Hashable, Sendable {
    public static let size = 32

    public let bytes: [UInt8]

    init(_ digest: SHA256.Digest) {
        bytes = Array(digest)
    }

    /// Of bytes that are all there.
    public init(of bytes: some Collection<UInt8>) {
        var hasher = SHA256()
        let isDone: Void? = bytes.withContiguousStorageIfAvailable {
            hasher.update(bufferPointer: UnsafeRawBufferPointer($0))
        }
        if isDone == nil { hasher.update(data: Array(bytes)) }
        self.init(hasher.finalize())
    }

    /// - Parameter text: 64 lowercase hexadecimal digits; `nil` for anything else.
    public init?(hexadecimal text: some StringProtocol) {
        let digits = text.utf8.compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count == 2 * Self.size, text.utf8.count == digits.count else { return nil }
        bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

extension ContentDigest: CustomStringConvertible {
    /// As `sha256sum` prints it.
    public var description: String { bytes.hexadecimal }
}

/// The digest of bytes that come in pieces, and how many they were.
struct RunningDigest {
    private var hasher = SHA256()
    private(set) var size = 0

    mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        size += bytes.count
    }

    /// Of what has come so far.
    var stored: StoredObject {
        StoredObject(size: size, sha256: ContentDigest(hasher.finalize()))
    }
}
