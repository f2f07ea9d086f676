/// A server's version: `15.20`.
public struct PostgresVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// As `server_version_num` has it: 150020.
    public let number: Int

    public init(number: Int) {
        self.number = number
    }

    /// What pg_dump must not be older than.
    public var major: Int { number / 10_000 }
    public var minor: Int { number % 10_000 }
    public var description: String { "\(major).\(minor)" }

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}
