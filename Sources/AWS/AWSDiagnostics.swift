public import Vocabulary

extension Diagnostic.Code {
    public static let awsNoCredentials = Self(
        "FF1601", "no credentials for AWS",
        explanation: """
            Credentials are looked for where AWS's own tools look: in the environment \
            (AWS_ACCESS_KEY_ID), by web identity (EKS service accounts), in the profile files \
            (~/.aws, AWS_PROFILE), at the container's agent (ECS, EKS Pod Identity) and in the \
            instance's metadata (EC2). None has any. The message says of each why not.
            """)
    public static let awsCredentialsFailed = Self(
        "FF1602", "a source of credentials for AWS fails",
        explanation: """
            The source is configured, and does not give credentials. Sources behind it are not \
            asked: they would be another identity's. `aws sts get-caller-identity`, run as the \
            same user with the same environment, fails alike.
            """)
    public static let s3Refused = Self(
        "FF1610", "S3 refuses access", status: .failed,
        explanation: """
            The key is unknown, its secret is not the one, the session has expired, or the \
            identity lacks the permission. `AccessDenied` is also said of an object that is not \
            there to who may not list the bucket (s3:ListBucket).
            """)
    public static let s3Place = Self(
        "FF1611", "a bucket is not where it was looked for",
        explanation: """
            There is no bucket of this name, or it is in another region, which the message then \
            names. Buckets are found by the address of their region only.
            """)
    public static let s3Missing = Self(
        "FF1612", "an object is not there", status: .failed,
        explanation: """
            S3 has no object of this key, no such version, or no longer the upload. Keys are \
            compared byte by byte.
            """)
    public static let s3Conflict = Self(
        "FF1613", "another has written an object meanwhile", status: .failed,
        explanation: """
            The object was to be written only if it was not there, or still was the one that was \
            read. It is otherwise: somebody else, or another run, has written it. Nothing was \
            overwritten.
            """)
    public static let s3Unavailable = Self(
        "FF1614", "S3 cannot be reached, or is overloaded", status: .unreachable,
        explanation: """
            The request was tried several times, with growing pauses. No connection, a connection \
            that breaks, and answers with 500 or 503 all come from the server or from the way to it.
            """)
    public static let s3Damaged = Self(
        "FF1615", "what S3 has is not what was sent", status: .failed,
        explanation: """
            A checksum or a length is not as it was when the object was written, or the server \
            has noticed that it does not hold what it was sent. Nothing of it should be trusted.
            """)
    public static let s3Locked = Self(
        "FF1616", "S3 keeps an object", status: .failed,
        explanation: """
            Object Lock keeps the version until its retention ends or its legal hold is lifted. \
            In compliance mode nobody can shorten that.
            """)
    public static let s3Unusable = Self(
        "FF1617", "S3 cannot be asked for this",
        explanation: """
            The name of a bucket, a region, an endpoint or a key is none, or the request is \
            outside of S3's limits: keys of up to 1,024 bytes, objects of up to 10,000 parts.
            """)
    public static let s3Answer = Self(
        "FF1618", "S3 gives an answer that is none", status: .failed,
        explanation: """
            What came is not what S3 answers: something else listens at the endpoint (a proxy, a \
            web page to log in), or the server lacks what was asked of it.
            """)
}

public enum AWSDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .awsNoCredentials, .awsCredentialsFailed, .s3Refused, .s3Place, .s3Missing, .s3Conflict,
        .s3Unavailable, .s3Damaged, .s3Locked, .s3Unusable, .s3Answer,
    ]
}

extension AWSDiagnostics {
    static func describe(_ error: CredentialsError) -> Diagnostic {
        switch error {
        case .none(let reasons):
            let told = reasons.map { "\($0.source): \($0.reason)" }.joined(separator: "; ")
            return Diagnostic(
                .awsNoCredentials, "there are no credentials for AWS",
                hint: told.visible,
                help: "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
        case .failed(let reason):
            return Diagnostic(
                .awsCredentialsFailed,
                "no credentials from \(reason.source.visible): \(reason.reason.visible)")
        }
    }

    static func describe(_ error: S3Error) -> Diagnostic {
        switch error.kind {
        case .refused: describeRefusal(error)
        case .unreachable:
            Diagnostic(.s3Unavailable, "S3 cannot be reached: \(error.message.visible)")
        case .damaged: Diagnostic(.s3Damaged, "\(error.message.visible)")
        case .malformed:
            Diagnostic(.s3Answer, "S3's answer is none: \(error.message.visible)")
        case .invalid: Diagnostic(.s3Unusable, "\(error.message.visible)")
        }
    }

    private static func describeRefusal(_ error: S3Error) -> Diagnostic {
        if let region = region(error) {
            return Diagnostic(
                .s3Place, "the bucket is in the region \(region)",
                help: "Name that region for it.")
        }
        let told = told(error)
        switch error.code {
        case "NoSuchBucket": return Diagnostic(.s3Place, "there is no such bucket")
        case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException":
            return Diagnostic(.s3Place, "the bucket is elsewhere: \(told)")
        case "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "InvalidPart",
            "XAmzContentChecksumMismatch", "IncompleteBody":
            return Diagnostic(.s3Damaged, "the server did not get what was sent: \(told)")
        case "ObjectLocked", "InvalidRetentionPeriod":
            return Diagnostic(.s3Locked, "S3 keeps the object: \(told)")
        case "AccessDenied" where told.lowercased().contains("object lock"),
            "AccessDenied" where told.contains("WORM"):
            return Diagnostic(.s3Locked, "S3 keeps the object: \(told)")
        default: break
        }
        if error.isTransient {
            return Diagnostic(.s3Unavailable, "S3 is overloaded, or out of order: \(told)")
        }
        if error.isExpired { return Diagnostic(.s3Refused, "the session has expired: \(told)") }
        switch error.status {
        case 401, 403: return Diagnostic(.s3Refused, "S3 refuses: \(told)")
        case 404: return Diagnostic(.s3Missing, "there is no such object: \(told)")
        case 409, 412: return Diagnostic(.s3Conflict, "another was first: \(told)")
        default: return Diagnostic(.s3Unusable, "S3 does not accept the request: \(told)")
        }
    }

    /// Only in these answers the region is news.
    private static func region(_ error: S3Error) -> String? {
        let codes = [
            "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "BadRequest",
            "IllegalLocationConstraintException",
        ]
        return codes.contains(error.code) ? error.region : nil
    }

    private static func told(_ error: S3Error) -> String {
        let words = error.message.isEmpty ? error.code : "\(error.code), \(error.message.visible)"
        return error.requestID.map { "\(words) (request \($0))" } ?? words
    }
}

extension S3Error {
    /// The same for an operator.
    ///
    /// - Parameter subject: what it concerns; the bucket and key unless another is given.
    public func diagnostic(subject: String? = nil) -> Diagnostic {
        var diagnostic = AWSDiagnostics.describe(self)
        diagnostic.subject = subject ?? (place.isEmpty ? nil : place)
        return diagnostic
    }
}
