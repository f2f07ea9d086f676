internal import Vocabulary

/// What of a request is signed.
public struct SignableRequest: Sendable {
    /// One name and its value in a query, neither of them encoded.
    public struct QueryItem: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String = "") {
            self.name = name
            self.value = value
        }
    }

    public struct Header: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var method: String
    public var isSecure: Bool
    /// With the port, where that is not the scheme's own.
    public var host: String
    /// As it is sent: percent-encoded, beginning with `/`.
    public var path: String
    public var query: [QueryItem]
    /// All of them are signed; `Host` is added.
    public var headers: [Header]

    public init(
        _ method: String, isSecure: Bool = true, host: String, path: String = "/",
        query: [QueryItem] = [], headers: [Header] = []
    ) {
        self.method = method
        self.isSecure = isSecure
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
    }

    /// Where it is sent to. The query stands in it in the signature's own form, so that no
    /// server can read another out of it.
    public var url: String {
        let items = query.map { item in
            let name = PercentEncoding.encode(item.name)
            return item.value.isEmpty ? name : "\(name)=\(PercentEncoding.encode(item.value))"
        }
        let question = items.isEmpty ? "" : "?" + items.joined(separator: "&")
        return "\(isSecure ? "https" : "http")://\(host)\(path)\(question)"
    }
}

/// How a signature covers a request's body.
public enum SignedPayload: Hashable, Sendable {
    /// By its SHA-256, in lowercase digits.
    case sha256(String)
    /// Not at all: TLS and a checksum do.
    case unsigned
    /// Not at all, and a checksum follows it (`aws-chunked`).
    case unsignedWithTrailer

    /// No body: the SHA-256 of nothing.
    public static let empty = sha256(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")

    /// What stands in `x-amz-content-sha256`.
    public var text: String {
        switch self {
        case .sha256(let digest): digest
        case .unsigned: "UNSIGNED-PAYLOAD"
        case .unsignedWithTrailer: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        }
    }
}
