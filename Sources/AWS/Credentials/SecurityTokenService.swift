internal import Crypto
internal import HTTP
internal import Vocabulary

/// AWS STS: exchanges one identity for the credentials of a role.
struct SecurityTokenService: Sendable {
    let environment: AWSEnvironment
    let region: String?
    let http: HTTPClient

    struct Role: Sendable {
        var role: String
        var session: String
        var externalID: String?
        var seconds: Int?
    }

    private static let limit = ByteCount.kibibytes(256)
    private static let version = "2011-06-15"

    /// `AssumeRole`, signed with `credentials`.
    func assumeRole(
        _ role: Role, with credentials: AWSCredentials, region other: String?, source: String
    ) async throws -> AWSCredentials {
        let region = place(other)
        let signer = RequestSigner(service: "sts", region: region)
        return try await exchange(
            form("AssumeRole", role, others: [("ExternalId", role.externalID)]),
            result: "AssumeRoleResult", region: region, source: source
        ) { request, body in
            signer.sign(
                request, payload: .sha256(SHA256.hash(data: body).hexadecimal), with: credentials,
                at: .now)
        }
    }

    /// `AssumeRoleWithWebIdentity`: the token alone proves who asks.
    func assumeRole(
        _ role: Role, withWebIdentity token: Sensitive<String>, region other: String?,
        source: String
    ) async throws -> AWSCredentials {
        let token = token.withExposed { $0 }
        return try await exchange(
            form("AssumeRoleWithWebIdentity", role, others: [("WebIdentityToken", token)]),
            result: "AssumeRoleWithWebIdentityResult", region: place(other), source: source,
            sign: nil)
    }

    private func place(_ other: String?) -> String {
        region ?? environment.region ?? other ?? "us-east-1"
    }

    private func form(
        _ action: String, _ role: Role, others: [(String, String?)]
    ) -> [UInt8] {
        let fields =
            [
                ("Action", action), ("Version", Self.version), ("RoleArn", role.role),
                ("RoleSessionName", role.session),
                ("DurationSeconds", role.seconds.map { "\($0)" }),
            ] + others
        return Array(
            fields.compactMap { name, value in
                value.map { "\(name)=\(PercentEncoding.encode($0))" }
            }.joined(separator: "&").utf8)
    }

    private func exchange(
        _ body: [UInt8], result: String, region: String, source: String,
        sign: (@Sendable (SignableRequest, [UInt8]) -> SignedRequest)?
    ) async throws -> AWSCredentials {
        guard let place = ServiceEndpoint(address(region)) else {
            throw CredentialsError.failed(source, "the address of STS is none")
        }
        var unsigned = SignableRequest(
            "POST", isSecure: place.isSecure, host: place.host,
            headers: [
                .init("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
            ])
        unsigned.path = place.path.isEmpty ? "/" : place.path
        let signed = sign.map { $0(unsigned, body) }
        // It changes nothing, and so may be repeated.
        let request = HTTPRequest(
            signed: signed ?? SignedRequest(request: unsigned), body: .bytes(body),
            timeouts: HTTPTimeouts(total: .seconds(60)), retry: .upTo(4, repeatable: true))
        let answer: (response: HTTPResponse, body: [UInt8])
        do {
            answer = try await http.send(request, limit: Self.limit)
        } catch let error as HTTPError {
            throw CredentialsError.failed(source, "STS cannot be asked: \(error)")
        }
        guard let root = try? XMLElement.read(answer.body) else {
            throw CredentialsError.failed(
                source, "STS answers with status \(answer.response.status) and no XML")
        }
        guard answer.response.isSuccess else {
            throw CredentialsError.failed(source, Self.refusal(root, answer.response.status))
        }
        guard let found = Self.credentials(root[result]?["Credentials"]) else {
            throw CredentialsError.failed(source, "STS answers without credentials")
        }
        return found
    }

    private func address(_ region: String) -> String {
        if let endpoint = environment.endpoint(of: "sts") { return endpoint }
        return "https://sts.\(region).\(ServiceEndpoint.domain(of: region))"
    }

    /// STS names the role and who asked, never a secret; but a message about a token may quote it.
    private static func refusal(_ root: XMLElement, _ status: Int) -> String {
        let error = root["Error"]
        let code = error?["Code"]?.text ?? "status \(status)"
        let message = error?["Message"]?.text ?? ""
        let isOfToken = code.contains("Token") || code.contains("Identity")
        let told = isOfToken || message.isEmpty ? "" : ": \(message.prefix(300).visible)"
        return "STS refuses with \(code.prefix(60).visible)\(told)"
    }

    private static func credentials(_ element: XMLElement?) -> AWSCredentials? {
        guard let element, let key = element["AccessKeyId"]?.text, !key.isEmpty,
            let secret = element["SecretAccessKey"]?.text, !secret.isEmpty,
            let session = element["SessionToken"]?.text, !session.isEmpty,
            let expires = element["Expiration"].flatMap({ Timestamp(iso8601: $0.text) })
        else { return nil }
        return AWSCredentials(
            accessKey: key, secret: Sensitive(secret), session: Sensitive(session),
            expires: expires)
    }
}
