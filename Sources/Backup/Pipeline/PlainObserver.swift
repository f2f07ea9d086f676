/// Looks at the bytes of an object before they are compressed, as they pass: what is counted and
/// checked comes from the stream itself, never from a second reading.
public protocol PlainObserver: Sendable {
    /// - Throws: to end the object: it is not stored then.
    mutating func add(_ bytes: [UInt8]) throws
    /// The stream has come to its end.
    mutating func finish() throws
}

extension DumpReader: PlainObserver {}

/// For bytes that nobody looks at.
public struct NoObserver: PlainObserver {
    public init() {}
    public mutating func add(_ bytes: [UInt8]) {}
    public mutating func finish() {}
}
