import Crypto

/// What tells one version of a file from every other: SHA-256.
struct Digest: Hashable, Sendable {
    private let bytes: [UInt8]

    init(of file: [UInt8]) {
        bytes = Array(SHA256.hash(data: file))
    }
}
