/// Why there is no answer, or not all of it. An answer of any status is none of these; a
/// request that was cancelled throws `CancellationError`, and what a body's stream throws comes
/// through as it is.
public struct HTTPError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// The request cannot be sent as it is: its URL, a header, its body's length.
        case badRequest
        /// What was configured cannot be used: a file of certificates, a proxy's URL.
        case badConfiguration
        /// The server's or the proxy's name has no address.
        case resolve
        /// There is no connection: it was refused, or there is no way.
        case connect
        /// The proxy does not pass the request on.
        case proxy
        /// The server did not prove who it is, or there is no version or cipher in common, or it
        /// refused this client's certificate.
        case tls
        case timeout(Timeout)
        /// Too few bytes went either way for too long.
        case stalled
        /// The connection was cut or reset before an answer had begun.
        case connectionLost
        /// The connection was cut or reset within the answer.
        case truncated
        /// What came is no HTTP.
        case malformedResponse
        /// The answer is longer than the caller allows, or its header than anybody needs.
        case tooLarge
        /// Something within libcurl.
        case other
    }

    public enum Timeout: String, Hashable, Sendable {
        case connect, total
    }

    public var kind: Kind
    /// What happened, in the library's words or ours; without paths, queries, headers or secrets.
    public var reason: String
    /// `https://host:port`, as far as it is known.
    public var origin: String

    public init(_ kind: Kind, _ reason: String, origin: String = "") {
        self.kind = kind
        self.reason = reason
        self.origin = origin
    }

    /// Whether the same request may well succeed a moment later.
    public var isTransient: Bool {
        switch kind {
        case .resolve, .connect, .timeout(.connect), .stalled, .connectionLost, .truncated: true
        case .badRequest, .badConfiguration, .proxy, .tls, .timeout(.total), .malformedResponse,
            .tooLarge, .other:
            false
        }
    }
}

extension HTTPError: CustomStringConvertible {
    public var description: String { origin.isEmpty ? reason : "\(origin): \(reason)" }
}
