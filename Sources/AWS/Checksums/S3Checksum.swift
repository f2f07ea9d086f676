internal import Crypto
internal import Vocabulary

/// What S3 compares with what it was sent, keeps, and tells.
public struct S3Checksum: Hashable, Sendable {
    public enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case crc32c = "CRC32C"
        case sha256 = "SHA256"

        /// `x-amz-checksum-crc32c`
        var header: String { "x-amz-checksum-\(rawValue.lowercased())" }
        /// `ChecksumCRC32C`
        var element: String { "Checksum\(rawValue)" }

        var byteCount: Int {
            switch self {
            case .crc32c: 4
            case .sha256: 32
            }
        }
    }

    public let algorithm: Algorithm
    /// In base64. That of an object in parts may be one of its parts' checksums, with their
    /// number behind it: `…==-12`.
    public let text: String

    public init(_ algorithm: Algorithm, _ text: String) {
        self.algorithm = algorithm
        self.text = text
    }

    public init(of bytes: [UInt8], _ algorithm: Algorithm) {
        var digest = S3Digest(algorithm)
        digest.update(bytes)
        self = digest.checksum
    }

    /// Of all the object's bytes, so that whoever reads them can compare.
    public var isOfWholeObject: Bool { !text.contains("-") }

    /// The checksum of an object in parts: of its parts' checksums.
    ///
    /// - Returns: `nil` unless all are whole and of this algorithm.
    static func composite(_ parts: [S3Checksum?], _ algorithm: Algorithm) -> S3Checksum? {
        var digest = S3Digest(algorithm)
        for part in parts {
            guard let part, part.algorithm == algorithm, let bytes = Base64.decode(part.text.utf8)
            else { return nil }
            digest.update(bytes)
        }
        return S3Checksum(algorithm, "\(digest.checksum.text)-\(parts.count)")
    }
}

/// A checksum that is being made.
struct S3Digest: Sendable {
    private enum State: Sendable {
        case crc32c(CRC32C)
        case sha256(SHA256)
    }

    private var state: State

    init(_ algorithm: S3Checksum.Algorithm) {
        switch algorithm {
        case .crc32c: state = .crc32c(CRC32C())
        case .sha256: state = .sha256(SHA256())
        }
    }

    mutating func update(_ bytes: [UInt8]) {
        switch state {
        case .crc32c(var checksum):
            checksum.update(bytes)
            state = .crc32c(checksum)
        case .sha256(var hash):
            hash.update(data: bytes)
            state = .sha256(hash)
        }
    }

    var checksum: S3Checksum {
        switch state {
        case .crc32c(let checksum): S3Checksum(.crc32c, Base64.encode(checksum.bytes))
        case .sha256(let hash): S3Checksum(.sha256, Base64.encode(Array(hash.finalize())))
        }
    }
}
