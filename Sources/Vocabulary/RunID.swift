/// The name of a run: `20261124T140312Z-k3f9q2`. It sorts by time, is a file name, and can be
/// typed.
public struct RunID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: String

    /// A new one; the letters tell runs of one second apart.
    public init(at time: Timestamp = .now) {
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
        let suffix = String((0..<6).map { _ in letters[Int.random(in: 0..<letters.count)] })
        rawValue = "\(time.compact)-\(suffix)"
    }

    /// `nil` for what is no such name.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 16, Timestamp(String(parts[0])) != nil,
            parts[1].utf8.count == 6,
            parts[1].utf8.allSatisfy({ byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            })
        else { return nil }
        rawValue = text
    }

    /// When it began.
    public var time: Timestamp { Timestamp(String(rawValue.prefix(16))) ?? Timestamp(seconds: 0) }

    public var description: String { rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
