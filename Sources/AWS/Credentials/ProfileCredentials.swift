internal import Vocabulary

/// What a profile says: keys of its own, a role to assume with another's, a web identity, or a
/// program that prints credentials.
struct ProfileCredentials: CredentialsSource {
    let profile: String
    /// Somebody has asked for this one: then it has to be there.
    let isNamed: Bool
    let files: ProfileFiles
    let sts: SecurityTokenService
    /// Those that `credential_source` can name.
    let sources: [String: any CredentialsSource]

    var name: String { "profile \(profile)" }

    func find() async throws -> CredentialsFinding {
        guard let first = try await files.profile(profile) else {
            let reason = "there is no such profile in the AWS configuration"
            guard !isNamed else { throw CredentialsError.failed(name, reason) }
            return .absent(reason)
        }
        guard Self.says(first) else {
            let reason = "the profile has no credentials"
            guard !isNamed else { throw CredentialsError.failed(name, reason) }
            return .absent(reason)
        }
        return .found(try await credentials(of: first, through: []))
    }

    private static func says(_ profile: ProfileFiles.Profile) -> Bool {
        [
            "role_arn", "aws_access_key_id", "aws_secret_access_key", "credential_process",
            "web_identity_token_file", "sso_session", "sso_start_url", "login_session",
        ].contains { profile[$0] != nil }
    }

    /// - Parameter names: of the profiles on whose behalf this one is asked.
    private func credentials(
        of profile: ProfileFiles.Profile, through names: [String]
    ) async throws -> AWSCredentials {
        // A role's own keys are for its `source_profile`, which may be the profile itself.
        if let role = profile.text("role_arn"), !names.contains(profile.name) {
            return try await assumed(role, of: profile, through: names + [profile.name])
        }
        if let credentials = try keys(of: profile) { return credentials }
        if let command = profile["credential_process"] {
            return try await ProcessCredentials(source: title(profile), command: command).run()
        }
        if names.contains(profile.name) {
            throw failure(profile, "its source_profile leads back to it")
        }
        for setting in ["sso_session", "sso_start_url", "login_session"]
        where profile[setting] != nil {
            throw failure(
                profile,
                "`\(setting)` is not supported; let `credential_process` run "
                    + "`aws configure export-credentials`")
        }
        throw failure(profile, "it has no credentials")
    }

    private func keys(of profile: ProfileFiles.Profile) throws -> AWSCredentials? {
        switch (profile.text("aws_access_key_id"), profile["aws_secret_access_key"]) {
        case (let key?, let secret?):
            return AWSCredentials(
                accessKey: key, secret: secret, session: profile["aws_session_token"])
        case (nil, nil): return nil
        case (nil, _?): throw failure(profile, "it has a secret key and no aws_access_key_id")
        case (_?, nil): throw failure(profile, "it has a key and no aws_secret_access_key")
        }
    }

    private func assumed(
        _ role: String, of profile: ProfileFiles.Profile, through names: [String]
    ) async throws -> AWSCredentials {
        let region = profile.text("region")
        let session = profile.text("role_session_name")
        if let file = profile.text("web_identity_token_file") {
            return try await WebIdentityCredentials.assume(
                role, session: session, tokenFile: file, region: region, sts: sts,
                source: title(profile))
        }
        guard profile["mfa_serial"] == nil else {
            throw failure(profile, "its role wants a code of a device (`mfa_serial`)")
        }
        let own = try await base(of: profile, through: names)
        return try await sts.assumeRole(
            .init(
                role: role, session: session ?? "finflowctl",
                externalID: profile.text("external_id"),
                seconds: profile.text("duration_seconds").flatMap { Int($0) }),
            with: own, region: region, source: title(profile))
    }

    /// With whose credentials a role is assumed.
    private func base(
        of profile: ProfileFiles.Profile, through names: [String]
    ) async throws -> AWSCredentials {
        switch (profile.text("source_profile"), profile.text("credential_source")) {
        case (let name?, nil):
            guard let other = try await files.profile(name) else {
                throw failure(profile, "its source_profile `\(name.visible)` does not exist")
            }
            return try await credentials(of: other, through: names)
        case (nil, let source?):
            guard let source = sources[source] else {
                throw failure(profile, "its credential_source `\(source.visible)` is none")
            }
            switch try await source.find() {
            case .found(let credentials): return credentials
            case .absent(let reason): throw CredentialsError.failed(source.name, reason)
            }
        case (nil, nil):
            throw failure(profile, "its role has neither source_profile nor credential_source")
        case (_?, _?):
            throw failure(profile, "it has both source_profile and credential_source")
        }
    }

    private func title(_ profile: ProfileFiles.Profile) -> String {
        "profile \(profile.name.visible)"
    }

    private func failure(_ profile: ProfileFiles.Profile, _ reason: String) -> CredentialsError {
        .failed(title(profile), reason)
    }
}
