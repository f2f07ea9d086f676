internal import Glibc

/// The name of a run: `20261124T140312Z-k3f9q2`. It sorts by time, is a file name, and can be
/// typed. Of the letters the first three are the part of the second, so that runs of one second
/// stand in order too, and the others tell apart what begins together.
public struct RunID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: String

    /// A new one, of now.
    public init() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        self.init(at: Timestamp(seconds: now.tv_sec), nanoseconds: now.tv_nsec)
    }

    /// - Parameter nanoseconds: the part of the second.
    public init(at time: Timestamp, nanoseconds: Int = 0) {
        // In the order of their codes, without those that look alike.
        let letters = Array("23456789abcdefghijkmnpqrstuvwxyz")
        let part = max(0, min(nanoseconds, 999_999_999)) * 32_768 / 1_000_000_000
        let random = (0..<3).map { _ in Int.random(in: 0..<letters.count) }
        let suffix = ([part >> 10, part >> 5 & 31, part & 31] + random).map { letters[$0] }
        rawValue = "\(time.compact)-\(String(suffix))"
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
