internal import Crypto
public import Vocabulary

/// Signs requests with AWS Signature Version 4.
public struct RequestSigner: Sendable {
    /// What of a path a service signs.
    public enum PathRule: Hashable, Sendable {
        /// The path as it is sent: S3, whose keys may hold `//` and `..`.
        case asSent
        /// Encoded once more.
        case encodedAgain
        /// Without empty and dotted segments, then encoded once more: all other services.
        case normalized
    }

    public var service: String
    public var region: String
    public var path: PathRule

    /// - Parameter service: as in the credential's scope: `s3`, `sts`.
    public init(service: String, region: String, path: PathRule? = nil) {
        self.service = service
        self.region = region
        self.path = path ?? (service == "s3" ? .asSent : .normalized)
    }

    /// The request with the headers that sign it: `Authorization`, `X-Amz-Date`, and
    /// `X-Amz-Security-Token` for a session. Nothing that is signed may be changed after this.
    ///
    /// - Parameter payload: `X-Amz-Content-SHA256` says it too, when `s3` is signed for.
    public func sign(
        _ request: SignableRequest, payload: SignedPayload, with credentials: AWSCredentials,
        at time: Timestamp
    ) -> SignedRequest {
        var request = request
        request.headers.append(.init("X-Amz-Date", time.compact))
        if service == "s3" {
            request.headers.append(.init("X-Amz-Content-Sha256", payload.text))
        }
        var signed = request
        if let session = credentials.session {
            session.withExposed {
                signed.headers.append(.init("X-Amz-Security-Token", $0))
            }
        }
        let canonical = CanonicalRequest(signed, path: path, payload: payload.text)
        let signature = signature(of: canonical, with: credentials, at: time)
        let authorization =
            "\(Self.algorithm) Credential=\(credentials.accessKey)/\(scope(at: time)), "
            + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)"
        return SignedRequest(
            request: request, authorization: Sensitive(authorization),
            session: credentials.session)
    }

    /// A URL that stands for a signed request until it expires. Whoever has it can send it.
    ///
    /// - Parameter lifetime: at most seven days, and never longer than the credentials last.
    public func presign(
        _ request: SignableRequest, payload: SignedPayload = .unsigned,
        with credentials: AWSCredentials, at time: Timestamp, lifetime: Duration
    ) -> Sensitive<String> {
        var request = request
        request.query += [
            .init("X-Amz-Algorithm", Self.algorithm),
            .init("X-Amz-Credential", "\(credentials.accessKey)/\(scope(at: time))"),
            .init("X-Amz-Date", time.compact),
            .init("X-Amz-Expires", "\(lifetime.components.seconds)"),
        ]
        credentials.session?.withExposed {
            request.query.append(.init("X-Amz-Security-Token", $0))
        }
        // The names of the headers stand in the query, which the canonical request holds.
        let names = CanonicalRequest(request, path: path, payload: "").signedHeaders
        request.query.append(.init("X-Amz-SignedHeaders", names))
        let canonical = CanonicalRequest(request, path: path, payload: payload.text)
        let signature = signature(of: canonical, with: credentials, at: time)
        request.query.append(.init("X-Amz-Signature", signature))
        return Sensitive(request.url)
    }
}

/// A request and the headers that sign it. Those are secrets: for a quarter of an hour whoever
/// has them can send the request again.
public struct SignedRequest: Sendable {
    public var request: SignableRequest
    /// The header `Authorization`; `nil` where nothing has to be proved.
    public var authorization: Sensitive<String>?
    /// The header `X-Amz-Security-Token`.
    public var session: Sensitive<String>?
}

extension RequestSigner {
    static let algorithm = "AWS4-HMAC-SHA256"

    /// `20150830/us-east-1/s3/aws4_request`
    private func scope(at time: Timestamp) -> String {
        "\(time.compact.prefix(8))/\(region)/\(service)/aws4_request"
    }

    func stringToSign(_ canonical: CanonicalRequest, at time: Timestamp) -> String {
        "\(Self.algorithm)\n\(time.compact)\n\(scope(at: time))\n\(canonical.hash)"
    }

    private func signature(
        of canonical: CanonicalRequest, with credentials: AWSCredentials, at time: Timestamp
    ) -> String {
        let secret = credentials.secret.withExposed { Array("AWS4\($0)".utf8) }
        let parts = [String(time.compact.prefix(8)), region, service, "aws4_request"]
        let key = parts.reduce(SymmetricKey(data: secret)) { key, part in
            SymmetricKey(data: code(of: part, key))
        }
        return code(of: stringToSign(canonical, at: time), key).hexadecimal
    }

    private func code(of text: String, _ key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }
}
