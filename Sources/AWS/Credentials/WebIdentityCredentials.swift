internal import Loop
internal import Vocabulary

/// A token in a file that proves who a process is, exchanged at STS for a role's credentials: how
/// EKS lets pods in ("IAM roles for service accounts").
struct WebIdentityCredentials: CredentialsSource {
    let environment: AWSEnvironment
    let sts: SecurityTokenService

    var name: String { "web identity" }

    func find() async throws -> CredentialsFinding {
        switch (environment["AWS_WEB_IDENTITY_TOKEN_FILE"], environment["AWS_ROLE_ARN"]) {
        case (let file?, let role?):
            return .found(
                try await Self.assume(
                    role, session: environment["AWS_ROLE_SESSION_NAME"], tokenFile: file,
                    region: nil, sts: sts, source: name))
        case (nil, _): return .absent("AWS_WEB_IDENTITY_TOKEN_FILE is not set")
        case (_?, nil):
            throw CredentialsError.failed(
                name, "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not")
        }
    }

    /// The file is read each time: Kubernetes writes a new token into it every hour or so.
    static func assume(
        _ role: String, session: String?, tokenFile: String, region: String?,
        sts: SecurityTokenService, source: String
    ) async throws -> AWSCredentials {
        let token = try await TokenFile.read(tokenFile, source: source)
        return try await sts.assumeRole(
            .init(role: role, session: session ?? "finflowctl"), withWebIdentity: token,
            region: region, source: source)
    }
}

/// A file that holds one token.
enum TokenFile {
    static func read(_ path: String, source: String) async throws -> Sensitive<String> {
        let bytes: [UInt8]
        do {
            bytes = try await WholeFile.read(path, atMost: .kibibytes(64))
        } catch {
            throw CredentialsError.failed(
                source, "its token cannot be read from \(path): \(error.reason)")
        }
        var text = Substring(decoding: bytes, as: UTF8.self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        // Whatever stands behind a line's end would be a header of its own.
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw CredentialsError.failed(source, "there is no token in \(path)")
        }
        return Sensitive(String(text))
    }
}
