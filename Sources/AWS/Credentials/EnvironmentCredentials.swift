internal import Vocabulary

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, for a session, `AWS_SESSION_TOKEN`.
struct EnvironmentCredentials: CredentialsSource {
    let environment: AWSEnvironment

    var name: String { "environment" }

    func find() throws -> CredentialsFinding {
        switch (environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]) {
        case (let key?, let secret?):
            return .found(
                AWSCredentials(
                    accessKey: key, secret: Sensitive(secret),
                    session: environment["AWS_SESSION_TOKEN"].map { Sensitive($0) }))
        case (nil, nil): return .absent("AWS_ACCESS_KEY_ID is not set")
        case (nil, _?):
            throw CredentialsError.failed(
                name, "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not")
        case (_?, nil):
            throw CredentialsError.failed(
                name, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
        }
    }
}
