/// What a request asks for (RFC 9110 §9). Case-sensitive; any token is allowed.
public struct HTTPMethod: Hashable, Sendable, CustomStringConvertible {
    public let name: String

    /// - Parameter name: Sent as it is. One that is not a token fails when it is sent.
    public init(_ name: String) {
        self.name = name
    }

    public static let get = HTTPMethod("GET")
    public static let head = HTTPMethod("HEAD")
    public static let put = HTTPMethod("PUT")
    public static let post = HTTPMethod("POST")
    public static let patch = HTTPMethod("PATCH")
    public static let delete = HTTPMethod("DELETE")
    public static let options = HTTPMethod("OPTIONS")

    public var description: String { name }

    /// Whether doing it twice is the same as doing it once (RFC 9110 §9.2.2).
    public var isIdempotent: Bool {
        ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"].contains(name)
    }

    /// Whether a server expects to be told that there is no body (RFC 9110 §8.6).
    var anticipatesBody: Bool { ["PUT", "POST", "PATCH"].contains(name) }
}
