/// What a request carries.
public enum HTTPBody: Sendable {
    /// Makes the bytes of a body, from their beginning, for each try. It is read on a thread of
    /// Swift's pool, as fast as the server takes it: pieces of 256 KiB are the cheapest.
    /// Reading it is cancelled when the transfer ends, and should then end soon.
    public typealias Stream =
        @Sendable () throws ->
        any AsyncSequence<[UInt8], any Error> & Sendable

    case none
    case bytes([UInt8])
    /// - Parameter length: In bytes, to be met exactly. Without one the body goes out in chunked
    ///   coding, which not every server takes (S3 does not).
    case stream(length: Int?, Stream)

    /// In bytes, where it is known.
    public var length: Int? {
        switch self {
        case .none: 0
        case .bytes(let bytes): bytes.count
        case .stream(let length, _): length
        }
    }
}
