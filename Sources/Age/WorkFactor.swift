public import Vocabulary

/// What it costs to try one passphrase: scrypt's N, as its base-two logarithm.
public struct WorkFactor: Hashable, Sendable {
    public let exponent: Int

    /// About a second on a fast machine and 256 MiB, as the `age` program has it.
    public static let standard = WorkFactor(unchecked: 18)
    /// The most that a file may ask for, unless its reader says otherwise: 1 GiB.
    public static let standardLimit = WorkFactor(unchecked: 20)

    /// `nil` outside of 1 to 30.
    public init?(exponent: Int) {
        guard (1...30).contains(exponent) else { return nil }
        self.exponent = exponent
    }

    private init(unchecked exponent: Int) {
        self.exponent = exponent
    }

    /// What scrypt holds while it works.
    public var memory: ByteCount { ByteCount(1 << (exponent + 10)) }
}

extension WorkFactor: Comparable, CustomStringConvertible {
    public static func < (left: Self, right: Self) -> Bool { left.exponent < right.exponent }
    /// `2^18 (256 MiB)`
    public var description: String { "2^\(exponent) (\(memory))" }
}
