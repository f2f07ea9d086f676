/// What a descriptor can do without waiting.
public struct Readiness: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static let readable = Readiness(rawValue: 1)
    public static let writable = Readiness(rawValue: 2)
    /// The peer sends nothing more. What it sent before may still be unread.
    public static let ended = Readiness(rawValue: 4)
}
