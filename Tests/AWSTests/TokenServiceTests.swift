import HTTP
import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

@testable import AWS

/// STS as moto plays it: written by others than the stand-in that injects faults.
@Suite(.s3) struct TokenServiceTests {
    private func withMoto(_ body: (_ url: String) async throws -> Void) async throws {
        let program = try await S3Lab.program("moto_server")
        try await ChildProcess.withRunning(
            Command(program, ["-H", "127.0.0.1", "-p", "0"])
        ) { child in
            var log = ""
            while !log.contains("Press CTRL+C"), let chunk = try await child.read() {
                switch chunk {
                case .output(let bytes), .error(let bytes):
                    log += String(decoding: bytes, as: UTF8.self)
                }
            }
            let line = log.split(separator: "\n").first { $0.contains("Running on http://") }
            let words = try #require(line).split(separator: " ")
            try await body(String(try #require(words.last { $0.hasPrefix("http") })))
        }
    }

    @Test func rolesAreAssumedByKeysAndByWebIdentity() async throws {
        try await withMoto { url in
            let environment = AWSEnvironment(["AWS_ENDPOINT_URL": url])
            let sts = SecurityTokenService(
                environment: environment, region: "eu-central-1",
                http: HTTPClient(HTTPConfiguration(proxy: .none)))
            let role = SecurityTokenService.Role(
                role: "arn:aws:iam::123456789012:role/backup role", session: "finflowctl",
                externalID: "a&b", seconds: 900)
            let assumed = try await sts.assumeRole(
                role,
                with: AWSCredentials(accessKey: "AKIAMOTO", secret: Sensitive("s")), region: nil,
                source: "test")
            #expect(assumed.accessKey.hasPrefix("ASIA"))
            let left = try #require(assumed.expires).seconds - Timestamp.now.seconds
            #expect((800...1000).contains(left))
            let web = try await sts.assumeRole(
                role, withWebIdentity: Sensitive("x.y.z"), region: nil, source: "test")
            #expect(web.accessKey.hasPrefix("ASIA"))
            #expect(web.session != nil)
        }
    }
}
