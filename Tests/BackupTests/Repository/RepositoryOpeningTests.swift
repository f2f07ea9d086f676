import AWS
import Backup
import Lab
import LabTraits
import Loop
import RepositoryConformance
import Testing
import Vocabulary

@Suite struct RepositoryOpeningTests {
    private func settings(_ place: RepositorySettings.Place) -> RepositorySettings {
        var settings = RepositorySettings()
        settings.place = place
        return settings
    }

    @Test(.s3) func `a bucket is opened as its settings and the environment say`() async throws {
        let bucket = try await TestBucket.make()
        try await bucket.repository(prefix: "a/b").create(key("x"), [1])
        var named = settings(.s3(bucket: bucket.name, prefix: "a/b"))
        named.authorities = bucket.server.authority
        var variables = [
            "AWS_ACCESS_KEY_ID": S3Lab.accessKey, "AWS_SECRET_ACCESS_KEY": S3Lab.secret,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_S3": "https://127.0.0.1:9",
        ]
        named.endpoint = bucket.server.endpoint
        let opened = try await RepositoryOpening.open(
            named, environment: AWSEnvironment(variables))
        #expect(try await opened.contents(of: key("x")) == [1])
        #expect(opened.place == "\(named.place)")

        // What the settings do not say is the environment's.
        named.endpoint = nil
        variables["AWS_ENDPOINT_URL_S3"] = bucket.server.endpoint
        let other = try await RepositoryOpening.open(named, environment: AWSEnvironment(variables))
        #expect(try await other.contents(of: key("x")) == [1])

        // A server whose certificate is nobody's is not trusted.
        named.authorities = nil
        let strange = try await RepositoryOpening.open(
            named, environment: AWSEnvironment(variables))
        let error = await #expect(throws: RepositoryError.self) {
            _ = try await strange.size(of: key("x"))
        }
        guard case .unavailable(let trouble) = error else { return }
        #expect(trouble.reason.contains("certificate"), "\(trouble.reason)")
    }

    @Test func `what can be no bucket, region or profile is told before anything is sent`()
        async throws
    {
        var wrong = settings(.s3(bucket: "no bucket", prefix: ""))
        await #expect(throws: Diagnostic.self) {
            try await RepositoryOpening.open(wrong, environment: AWSEnvironment([:]))
        }
        wrong.place = .s3(bucket: "fine", prefix: "")
        wrong.region = "eu central"
        await #expect(throws: Diagnostic.self) {
            try await RepositoryOpening.open(wrong, environment: AWSEnvironment([:]))
        }
        wrong.region = nil
        try await withDirectory { path in
            try FileCalls.create("\(path)/config", Array("nonsense\n".utf8), mode: 0o600)
            let error = await #expect(throws: Diagnostic.self) {
                try await RepositoryOpening.open(
                    wrong, environment: AWSEnvironment(["AWS_CONFIG_FILE": "\(path)/config"]))
            }
            #expect(error?.message.contains("line 1") == true, "\(String(describing: error))")
        }
    }
}
