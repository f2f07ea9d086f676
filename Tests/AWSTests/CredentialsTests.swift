import HTTP
import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

@testable import AWS

@Suite struct CredentialsTests {
    private static let http = HTTPClient(HTTPConfiguration(proxy: .none))

    /// Where nothing answers: no machine of AWS is asked by mistake.
    private static let nowhere = [
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9", "HOME": "/nonexistent",
    ]

    private func chain(
        _ variables: [String: String], profile: String? = nil
    ) -> CredentialsChain {
        CredentialsChain(
            environment: AWSEnvironment(Self.nowhere.merging(variables) { $1 }), profile: profile,
            http: Self.http)
    }

    private func failure(_ chain: CredentialsChain) async throws -> CredentialsError {
        do {
            let found = try await chain.credentials()
            Issue.record("\(found.accessKey) was found")
        } catch let error as CredentialsError {
            #expect(!"\(error) \(error.diagnostic())".contains("HUSH"))
            return error
        }
        return .none([])
    }

    private func write(_ text: String, to path: String) async throws {
        try await WholeFile(checking: path).write(Array(text.utf8))
    }

    // MARK: Environment

    @Test func theEnvironmentComesFirst() async throws {
        let found = try await chain([
            "AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_SESSION_TOKEN": "t", "AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent",
            "AWS_ROLE_ARN": "r",
        ]).credentials()
        #expect(found.accessKey == "AKIA1")
        #expect(found.secret.withExposed { $0 } == "s")
        #expect(found.session?.withExposed { $0 } == "t")
        #expect(found.expires == nil)
    }

    @Test func halfAKeyIsAnError() async throws {
        let error = try await failure(chain(["AWS_ACCESS_KEY_ID": "AKIA1"]))
        #expect(
            error
                == .failed(
                    "environment", "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"))
    }

    @Test func whereThereAreNoneEachSourceSaysWhy() async throws {
        guard case .none(let reasons) = try await failure(chain([:])) else {
            return #expect(Bool(false))
        }
        #expect(
            reasons.map(\.source) == [
                "environment", "web identity", "profile default", "container", "instance metadata",
            ])
        let diagnostic = CredentialsError.none(reasons).diagnostic()
        #expect(diagnostic.code == .awsNoCredentials)
        for reason in reasons { #expect(diagnostic.hint?.contains(reason.reason) == true) }
        guard
            case .none(let disabled) = try await failure(
                chain(["AWS_EC2_METADATA_DISABLED": "true"]))
        else { return #expect(Bool(false)) }
        #expect(disabled.last?.reason == "AWS_EC2_METADATA_DISABLED is set")
    }

    // MARK: Web identity

    @Test func aWebIdentityIsExchangedForARole() async throws {
        try await AWSEndpoints.with { endpoints in
            try await withDirectory { folder in
                try await write("web-token-HUSH\n", to: "\(folder)/token")
                let variables = [
                    "AWS_WEB_IDENTITY_TOKEN_FILE": "\(folder)/token",
                    "AWS_ROLE_ARN": "arn:aws:iam::1:role/x", "AWS_ENDPOINT_URL_STS": endpoints.url,
                ]
                let found = try await chain(variables).credentials()
                #expect(found.accessKey == "ASIAROLE")
                #expect(found.session?.withExposed { $0 } == "session-HUSH")
                #expect(found.expires == Timestamp("2099-01-01T00:00:00Z"))

                try await write("stale-HUSH", to: "\(folder)/token")
                #expect(
                    try await failure(chain(variables))
                        == .failed("web identity", "STS refuses with InvalidIdentityToken"))
                try await write("two\nlines", to: "\(folder)/token")
                #expect(
                    try await failure(chain(variables))
                        == .failed("web identity", "there is no token in \(folder)/token"))
                #expect(
                    try await failure(
                        chain(
                            variables.merging(["AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent"]) {
                                $1
                            }))
                        == .failed(
                            "web identity",
                            "its token cannot be read from /nonexistent: No such file or directory")
                )
            }
        }
    }

    // MARK: Profiles

    private func withProfiles(
        config: String, credentials: String = "",
        _ body: (_ variables: [String: String], _ endpoints: AWSEndpoints) async throws -> Void
    ) async throws {
        try await AWSEndpoints.with { endpoints in
            try await withDirectory { folder in
                try await write(config, to: "\(folder)/config")
                try await write(credentials, to: "\(folder)/credentials")
                try await write("web-token-HUSH", to: "\(folder)/token")
                try await body(
                    [
                        "AWS_CONFIG_FILE": "\(folder)/config", "HOME": folder,
                        "AWS_SHARED_CREDENTIALS_FILE": "\(folder)/credentials",
                        "AWS_ENDPOINT_URL_STS": endpoints.url,
                    ], endpoints)
            }
        }
    }

    @Test func aProfileHasKeysOfItsOwn() async throws {
        try await withProfiles(
            config: "[default]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = a\n",
            credentials: """
                [default]
                aws_access_key_id = AKIAFILE
                aws_secret_access_key = b
                [other]
                aws_access_key_id = AKIAOTHER
                aws_secret_access_key = c
                aws_session_token = d
                [half]
                aws_access_key_id = AKIAHALF
                """
        ) { variables, _ in
            #expect(try await chain(variables).credentials().accessKey == "AKIAFILE")
            let other = try await chain(variables.merging(["AWS_PROFILE": "other"]) { $1 })
                .credentials()
            #expect(other.accessKey == "AKIAOTHER")
            #expect(other.session != nil)
            // One that is named goes before the environment.
            let environment = ["AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s"]
            #expect(
                try await chain(variables.merging(environment) { $1 }, profile: "other")
                    .credentials().accessKey == "AKIAOTHER")
            #expect(
                try await failure(chain(variables, profile: "half"))
                    == .failed("profile half", "it has a key and no aws_secret_access_key"))
            #expect(
                try await failure(chain(variables, profile: "none"))
                    == .failed(
                        "profile none", "there is no such profile in the AWS configuration"))
        }
    }

    @Test func aProfileAssumesARoleWithAnothersKeys() async throws {
        let config = """
            [profile ops]
            aws_access_key_id = AKIAOPS
            aws_secret_access_key = HUSH
            [profile role]
            role_arn = arn:aws:iam::1:role/x
            source_profile = ops
            external_id = e
            duration_seconds = 900
            [profile chained]
            role_arn = arn:aws:iam::1:role/y
            source_profile = role
            [profile own]
            role_arn = arn:aws:iam::1:role/z
            source_profile = own
            aws_access_key_id = AKIAOWN
            aws_secret_access_key = HUSH
            [profile loop]
            role_arn = arn:aws:iam::1:role/x
            source_profile = pool
            [profile pool]
            role_arn = arn:aws:iam::1:role/x
            source_profile = loop
            [profile web]
            role_arn = arn:aws:iam::1:role/x
            web_identity_token_file = TOKEN
            [profile refused]
            role_arn = arn:aws:iam::1:role/refused
            source_profile = ops
            external_id = wrong
            [profile environment]
            role_arn = arn:aws:iam::1:role/x
            credential_source = Environment
            [profile neither]
            role_arn = arn:aws:iam::1:role/x
            [profile sso]
            sso_session = corp
            [profile mfa]
            role_arn = arn:aws:iam::1:role/x
            source_profile = ops
            mfa_serial = arn:aws:iam::1:mfa/me
            """
        try await withProfiles(config: config) { variables, endpoints in
            for (profile, requests) in [("role", 1), ("chained", 2), ("own", 1)] {
                try await endpoints.answer()
                let found = try await chain(variables, profile: profile).credentials()
                #expect(found.accessKey == "ASIAROLE", "\(profile)")
                #expect(try await endpoints.answer() == requests, "\(profile)")
            }
            let withKeys = variables.merging(
                ["AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s"]) { $1 }
            #expect(
                try await chain(withKeys, profile: "environment").credentials().accessKey
                    == "ASIAROLE")
            let token = "\(variables["HOME"] ?? "")/token"
            try await write(
                config.replacing("TOKEN", with: token), to: variables["AWS_CONFIG_FILE"] ?? "")
            #expect(
                try await chain(variables, profile: "web").credentials().accessKey == "ASIAROLE")
            let wrong = [
                "loop": "its source_profile leads back to it",
                "neither": "its role has neither source_profile nor credential_source",
                "mfa": "its role wants a code of a device (`mfa_serial`)",
                "refused":
                    "STS refuses with AccessDenied: not authorized to assume "
                    + "arn:aws:iam::1:role/refused",
                "sso": "`sso_session` is not supported; let `credential_process` run "
                    + "`aws configure export-credentials`",
            ]
            for (profile, reason) in wrong {
                #expect(
                    try await failure(chain(variables, profile: profile))
                        == .failed("profile \(profile)", reason))
            }
        }
    }

    @Test func aProcessPrintsCredentials() async throws {
        let good =
            #"{"Version": 1, "AccessKeyId": "AKIAP", "SecretAccessKey": "HUSH", "#
            + #""Expiration": "2099-01-01T00:00:00+00:00"}"#
        let config = """
            [profile good]
            credential_process = sh -c 'cat "$HOME_OF_TEST/$0"' "good one"
            [profile failing]
            credential_process = sh -c "echo HUSH >&2; exit 3"
            [profile old]
            credential_process = echo '{"Version": 2}'
            [profile text]
            credential_process = echo HUSH
            [profile none]
            credential_process = /nonexistent/program
            [profile open]
            credential_process = a "b
            """
        try await withProfiles(config: config) { variables, _ in
            let folder = variables["HOME"] ?? ""
            try await write(good, to: "\(folder)/good one")
            try await write(
                config.replacing("$HOME_OF_TEST", with: folder),
                to: variables["AWS_CONFIG_FILE"] ?? "")
            let found = try await chain(variables, profile: "good").credentials()
            #expect(found.accessKey == "AKIAP")
            #expect(found.expires == Timestamp("2099-01-01T00:00:00Z"))
            let wrong = [
                "failing": "its credential_process ended with exit status 3; run it by hand",
                "old": "its credential_process does not print Version 1",
                "text": "its credential_process failed: its answer is no JSON",
                "none":
                    "its credential_process cannot be started: No such file or directory",
                "open": "its credential_process has an open quotation mark, or is empty",
            ]
            for (profile, reason) in wrong {
                #expect(
                    try await failure(chain(variables, profile: profile))
                        == .failed("profile \(profile)", reason))
            }
        }
    }

    // MARK: Container and instance

    @Test func aContainersAgentIsAsked() async throws {
        try await AWSEndpoints.with { endpoints in
            try await withDirectory { folder in
                try await write("agent-token-HUSH\n", to: "\(folder)/token")
                let variables = [
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(endpoints.url)/agent?x=1",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "\(folder)/token",
                ]
                let found = try await chain(variables).credentials()
                #expect(found.accessKey == "ASIACONTAINER")
                #expect(found.session != nil)
                try await endpoints.answer([("agent", 500)])
                #expect(
                    try await failure(chain(variables))
                        == .failed("container", "the agent answers with status 500"))
                try await write("wrong", to: "\(folder)/token")
                #expect(
                    try await failure(chain(variables))
                        == .failed("container", "the agent answers with status 401"))
                // A token goes to no stranger.
                for url in ["http://example.com/agent", "http://127.0.0.1.example.com/", "x"] {
                    let wrong = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]
                    guard
                        case .failed(let reason) = try await failure(
                            chain(variables.merging(wrong) { $1 }))
                    else { continue }
                    #expect(reason.source == "container")
                    #expect(reason.reason.hasPrefix("AWS_CONTAINER_CREDENTIALS_FULL_URI is n"))
                }
            }
        }
    }

    @Test func anInstanceIsAskedWithATokenOnly() async throws {
        try await AWSEndpoints.with { endpoints in
            let variables = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "\(endpoints.url)/"]
            let found = try await chain(variables).credentials()
            #expect(found.accessKey == "ASIAINSTANCE")
            // The token, the role, its credentials.
            #expect(try await endpoints.answer([("token", 403)]) == 3)
            guard case .none(let reasons) = try await failure(chain(variables)) else {
                return #expect(Bool(false))
            }
            #expect(reasons.last?.reason == "it gives no token: status 403")
            #expect(try await endpoints.answer([("token", 200), ("role", "")]) == 1)
            guard case .none(let without) = try await failure(chain(variables)) else {
                return #expect(Bool(false))
            }
            #expect(without.last?.reason == "the machine has no role")
            try await endpoints.answer([("role", "r"), ("code", "AssumeRoleUnauthorizedAccess")])
            #expect(
                try await failure(chain(variables))
                    == .failed(
                        "instance metadata", "it answers `AssumeRoleUnauthorizedAccess`"))
        }
    }

    // MARK: Keeping and renewing

    @Test func fiftyThatAskAtOnceAskTheSourceOnce() async throws {
        let source = CountingSource(lifetime: 3600)
        let chain = CredentialsChain([source])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await chain.credentials() } }
            try await group.waitForAll()
        }
        #expect(source.count == 1)
    }

    @Test func credentialsAreRenewedBeforeTheyExpireAndWhenTheyHave() async throws {
        let clock = TestClock()
        let source = CountingSource(lifetime: 3600, clock: clock.read)
        let chain = CredentialsChain([source], now: clock.read)
        let first = try await chain.credentials()
        clock.advance(by: 3290)
        _ = try await chain.credentials()
        #expect(source.count == 1)
        clock.advance(by: 20)
        let second = try await chain.credentials()
        #expect(source.count == 2)
        // Whoever comes late with the old ones throws away no new ones.
        await chain.expired(first)
        _ = try await chain.credentials()
        #expect(source.count == 2)
        await chain.expired(second)
        _ = try await chain.credentials()
        #expect(source.count == 3)
    }

    @Test func whileTheyLastOldOnesDoWhereTheSourceFails() async throws {
        let clock = TestClock()
        let source = FailingLater(clock: clock)
        let chain = CredentialsChain([source], now: clock.read)
        _ = try await chain.credentials()
        clock.advance(by: 3400)
        _ = try await chain.credentials()
        _ = try await chain.credentials()
        #expect(source.count == 2)
        clock.advance(by: 61)
        _ = try await chain.credentials()
        #expect(source.count == 3)
        clock.advance(by: 139)
        await #expect(throws: CredentialsError.self) { try await chain.credentials() }
    }

    @Test func whoIsCancelledWhileAskingLeavesTheTurnToTheNext() async throws {
        let source = Gate()
        let chain = CredentialsChain([source])
        let first = Task { try await chain.credentials() }
        await source.waitForCaller()
        let second = Task { try await chain.credentials() }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        source.open()
        #expect(try await second.value.accessKey == "AKIAGATE")
    }
}
