/// How many rows there are and a checksum of them that does not depend on their order.
///
/// Each row's COPY text without its line end is hashed with XXH64 (seed 0); the checksum is the
/// sum of the hashes and, beside it, the sum of them once more mixed (the finalizer of
/// SplitMix64), both modulo 2^64. It tells tables apart that differ by accident; that nobody
/// changed a dump on purpose is for SHA-256 and the manifest's signature to say.
public struct RowSummary: Hashable, Sendable {
    public private(set) var count = 0
    private var sum: UInt64 = 0
    private var mixedSum: UInt64 = 0

    public init() {}

    /// - Parameter hash: of a row.
    mutating func add(_ hash: UInt64) {
        count += 1
        sum &+= hash
        var mixed = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixedSum &+= mixed ^ (mixed >> 31)
    }

    /// Rows of two parts of one table.
    public static func + (left: Self, right: Self) -> Self {
        var both = left
        both.count += right.count
        both.sum &+= right.sum
        both.mixedSum &+= right.mixedSum
        return both
    }

    /// 32 lowercase hexadecimal digits.
    public var checksum: String { Self.digits(sum) + Self.digits(mixedSum) }

    /// - Parameter checksum: as ``checksum`` gives it; `nil` for anything else.
    public init?(count: Int, checksum: String) {
        let digits = Array(checksum.utf8)
        guard count >= 0, digits.count == 32,
            let sum = UInt64(String(decoding: digits.prefix(16), as: UTF8.self), radix: 16),
            let mixedSum = UInt64(String(decoding: digits.suffix(16), as: UTF8.self), radix: 16)
        else { return nil }
        self.count = count
        self.sum = sum
        self.mixedSum = mixedSum
        guard self.checksum == checksum else { return nil }
    }

    private static func digits(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
