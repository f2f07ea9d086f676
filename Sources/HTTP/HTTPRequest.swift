/// A request, as it is sent.
public struct HTTPRequest: Sendable {
    public var method: HTTPMethod
    /// `http://` or `https://`, a host, and what is asked for, which is sent byte by byte as it
    /// stands here: dots, slashes and escapes are left alone. What has no place in a URL is refused,
    /// and so are a user, a password and a fragment.
    public var url: String
    /// `Host`, `User-Agent` and `Accept: */*` are added unless they are here. `Content-Length`
    /// follows from the body.
    public var headers: HTTPHeaders
    public var body: HTTPBody
    public var timeouts: HTTPTimeouts
    public var retry: HTTPRetry
    /// Takes the end of the connection for the end of an answer that has neither a length nor
    /// chunks, as some HTTP/1.0 servers send it. Whether it was cut off cannot be known then, also
    /// with TLS, as libcurl does not tell a goodbye from a cut. Otherwise such an answer, if it is
    /// one of success, ends with an error.
    public var acceptsUnmarkedEnd = false

    public init(
        _ method: HTTPMethod, _ url: String, headers: HTTPHeaders = [:],
        body: HTTPBody = .none, timeouts: HTTPTimeouts = HTTPTimeouts(), retry: HTTPRetry = .never
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.retry = retry
    }

    var mayBeRepeated: Bool { method.isIdempotent || retry.isRepeatable }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The method and the server: a path or a query may hold a signature.
    public var description: String { "\(method) \(HTTPOrigin(url)?.description ?? "?")" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["method": method.name]) }
}
