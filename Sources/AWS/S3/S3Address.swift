/// A bucket, and how it is reached.
public struct S3Address: Hashable, Sendable {
    /// Where a bucket's name stands.
    public enum Style: Hashable, Sendable {
        /// `https://bucket.host/key`
        case virtualHosted
        /// `https://host/bucket/key`
        case path
    }

    public let bucket: String
    /// What requests are signed for; other servers than AWS's take any, most want `us-east-1`.
    public let region: String
    /// Of a server that is not AWS's: `https://host:port`.
    public let endpoint: String?
    public let style: Style
    let place: ServiceEndpoint

    /// - Parameters:
    ///   - endpoint: `nil` for AWS.
    ///   - style: `nil` for what fits: AWS has a host for each bucket, but none with a
    ///     certificate for names with dots; other servers seldom have.
    /// - Throws: ``S3Error`` of kind `invalid`.
    public init(
        bucket: String, region: String = "us-east-1", endpoint: String? = nil, style: Style? = nil
    ) throws(S3Error) {
        guard Self.isName(bucket, up: 255), bucket.contains(where: { $0 != "." }) else {
            throw S3Error(.invalid, "`\(bucket.prefix(80).visible)` cannot be a bucket's name")
        }
        guard Self.isName(region, up: 64) else {
            throw S3Error(.invalid, "`\(region.prefix(80).visible)` cannot be a region's name")
        }
        let url = endpoint ?? "https://s3.\(region).\(ServiceEndpoint.domain(of: region))"
        guard let place = ServiceEndpoint(url) else {
            throw S3Error(.invalid, "an S3 endpoint is `http(s)://HOST[:PORT]`")
        }
        guard style != .virtualHosted || !place.isAddress else {
            throw S3Error(.invalid, "there are no names below an address: use the path style")
        }
        self.bucket = bucket
        self.region = region
        self.endpoint = endpoint
        self.style = style ?? (endpoint == nil && !bucket.contains(".") ? .virtualHosted : .path)
        self.place = place
    }

    private static func isName(_ text: String, up limit: Int) -> Bool {
        !text.isEmpty && text.utf8.count <= limit
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// - Parameter key: as it is named, not encoded; `nil` for the bucket.
    func request(
        _ method: String, _ key: String?, query: [SignableRequest.QueryItem],
        headers: [SignableRequest.Header]
    ) -> SignableRequest {
        let object = key.map { PercentEncoding.encode($0, keepingSlashes: true) }
        let isBelow = style == .virtualHosted
        let bucketPath = isBelow ? place.path : "\(place.path)/\(bucket)"
        let path = object.map { "\(bucketPath)/\($0)" } ?? bucketPath
        return SignableRequest(
            method, isSecure: place.isSecure,
            host: isBelow ? "\(bucket).\(place.host)" : place.host,
            path: path.isEmpty ? "/" : path, query: query, headers: headers)
    }
}

extension S3Address: CustomStringConvertible {
    /// `s3://bucket`
    public var description: String { "s3://\(bucket)" }
}
