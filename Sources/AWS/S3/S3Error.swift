public import HTTP
internal import Vocabulary

/// Why S3 did not do what it was asked for. None of it says anything of a secret.
public struct S3Error: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// The server said no; see ``S3Error/code``.
        case refused
        /// There is no answer, or not all of it.
        case unreachable(HTTPError.Kind)
        /// What came, or what the server says it has, is not what was sent.
        case damaged
        /// The answer is none of S3's.
        case malformed
        /// What was asked for cannot be asked for.
        case invalid
    }

    public var kind: Kind
    /// S3's own name of the error: `NoSuchKey`, `PreconditionFailed`, `SlowDown`. Where an answer
    /// cannot hold one (to HEAD), what its status means.
    public var code: String
    public var status: Int?
    /// What happened, in the server's words or ours.
    public var message: String
    /// By which AWS's support finds the request.
    public var requestID: String?
    /// Where the bucket is, when it is not where it was asked for.
    public var region: String?
    /// `s3://bucket/key`
    public var place = ""

    init(
        _ kind: Kind, code: String = "", status: Int? = nil, _ message: String,
        requestID: String? = nil, region: String? = nil
    ) {
        self.kind = kind
        self.code = code
        self.status = status
        self.message = message
        self.requestID = requestID
        self.region = region
    }
}

extension S3Error {
    /// Whether the same request may well succeed a moment later.
    public var isTransient: Bool {
        switch kind {
        case .unreachable(let kind): HTTPError(kind, "").isTransient
        case .refused:
            Self.passingCodes.contains(code) || [429, 500, 502, 503, 504].contains(status)
        case .damaged, .malformed, .invalid: false
        }
    }

    /// The object, the upload or the bucket is not there.
    public var isMissing: Bool { kind == .refused && status == 404 }

    /// `If-None-Match` or `If-Match` did not hold, or another's write was under way.
    public var isConflict: Bool { kind == .refused && (status == 412 || status == 409) }

    /// The credentials were good once.
    public var isExpired: Bool {
        ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"]
            .contains(code)
    }

    private static let passingCodes: Set<String> = [
        "InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "Throttling",
        "ThrottlingException", "RequestLimitExceeded", "BandwidthLimitExceeded",
        "PriorRequestNotComplete", "TransactionInProgress", "OperationAborted",
        "ConditionalRequestConflict",
    ]

    init(_ error: HTTPError) {
        self.init(.unreachable(error.kind), "\(error)")
    }

    /// An answer that is no success.
    ///
    /// - Parameter body: empty where there is none.
    init(_ response: HTTPResponse, body: [UInt8]) {
        let root = try? XMLElement.read(body)
        let error = root?.name == "Error" ? root : nil
        self.init(
            .refused, code: error?["Code"]?.text ?? Self.code(of: response.status),
            status: response.status,
            String((error?["Message"]?.text ?? "").prefix(500)).visible,
            requestID: response.headers["x-amz-request-id"] ?? error?["RequestId"]?.text,
            region: error?["Region"]?.text ?? response.headers["x-amz-bucket-region"])
        code = String(code.prefix(80)).visible
        requestID = requestID.map { String($0.prefix(120)).visible }
        region = region.map { String($0.prefix(80)).visible }
    }

    private static func code(of status: Int) -> String {
        switch status {
        case 301, 307: "PermanentRedirect"
        case 304: "NotModified"
        case 400: "BadRequest"
        case 403: "AccessDenied"
        case 404: "NotFound"
        case 405: "MethodNotAllowed"
        case 409: "Conflict"
        case 412: "PreconditionFailed"
        case 416: "InvalidRange"
        case 503: "ServiceUnavailable"
        default: "Status\(status)"
        }
    }
}

extension S3Error: CustomStringConvertible {
    public var description: String {
        let told = [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
        return place.isEmpty ? told : "\(place): \(told)"
    }
}
