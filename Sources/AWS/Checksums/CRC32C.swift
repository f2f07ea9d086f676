internal import CCRC32C

/// CRC-32C (Castagnoli; RFC 3720 §B.4), the cheapest of the checksums that S3 compares.
public struct CRC32C: Hashable, Sendable {
    public private(set) var value: UInt32 = 0

    public init() {}

    public mutating func update(_ bytes: [UInt8]) {
        value = bytes.withUnsafeBytes { ccrc32c(value, $0.baseAddress, $0.count) }
    }

    /// The same without the processor's instruction, for processors without and for tests.
    mutating func updateByTables(_ bytes: [UInt8]) {
        value = bytes.withUnsafeBytes { ccrc32c_by_tables(value, $0.baseAddress, $0.count) }
    }

    /// The four bytes, most significant first, as S3 writes them in base64.
    public var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
}
