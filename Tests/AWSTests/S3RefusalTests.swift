import Lab
import LabTraits
import Testing
import Vocabulary

@testable import AWS

@Suite(.s3) struct S3RefusalTests {
    private func chain(_ accessKey: String, _ secret: String) -> CredentialsChain {
        CredentialsChain(AWSCredentials(accessKey: accessKey, secret: Sensitive(secret)))
    }

    private func error(_ body: () async throws -> Void) async throws -> S3Error {
        do {
            try await body()
        } catch let error as S3Error {
            return error
        }
        throw NothingThrown()
    }

    private struct NothingThrown: Error {}

    @Test func aWrongSecretIsRefusedAndNotShown() async throws {
        let bucket = try await TestBucket.make()
        let client = try bucket.client(credentials: chain(S3Lab.accessKey, "wrong-and-secret"))
        let refused = try await error { try await client.put("k", [1]) }
        #expect(refused.status == 403)
        #expect(refused.code == "SignatureDoesNotMatch")
        #expect(refused.diagnostic().code == .s3Refused)
        var shown = "\(refused) \(refused.diagnostic())"
        dump(refused, to: &shown)
        dump(client, to: &shown)
        #expect(!shown.contains("wrong-and-secret"))
        #expect(!shown.contains(S3Lab.secret))
    }

    @Test func anUnknownKeyIsRefused() async throws {
        let bucket = try await TestBucket.make()
        let client = try bucket.client(credentials: chain("AKIANOBODY", "x"))
        let refused = try await error { try await client.put("k", [1]) }
        #expect(refused.code == "InvalidAccessKeyId")
        #expect(refused.status == 403)
    }

    @Test func whoMayOnlyReadDoesNotWrite() async throws {
        let bucket = try await TestBucket.make()
        let client = try bucket.client(credentials: chain(S3Lab.readingAccessKey, S3Lab.secret))
        try await bucket.client.put("k", [1])
        #expect(try await client.get("k").bytes == [1])
        #expect(try await error { try await client.put("k", [2]) }.code == "AccessDenied")
        let failures = try? await client.deleteMany([S3ObjectName("k")])
        #expect(failures?.isEmpty != true)
        #expect(try await bucket.client.get("k").bytes == [1])
    }

    @Test func aBodyThatIsNotWhatItsChecksumSaysIsRefused() async throws {
        let bucket = try await TestBucket.make()
        let call = S3Call(
            "PUT", "k",
            headers: [.init("x-amz-checksum-crc32c", S3Checksum(of: [9], .crc32c).text)],
            body: .bytes([1, 2, 3]))
        let refused = try await error { _ = try await bucket.client.perform(call) }
        #expect(refused.kind == .refused)
        #expect(refused.diagnostic().code == .s3Damaged)
        #expect(try await bucket.client.list().keys().isEmpty)
    }

    @Test func aClockThatIsWrongIsCorrectedOnce() async throws {
        let bucket = try await TestBucket.make()
        for (offset, method) in [(-7200, "PUT"), (7200, "PUT"), (7200, "HEAD")] {
            let clock = SignerClock { Timestamp(seconds: Timestamp.now.seconds + offset) }
            try await bucket.client.put("k", [1])
            let client = S3Client(
                bucket.client.address, credentials: .lab, http: bucket.http, settings: .quick,
                clock: clock)
            if method == "HEAD" {
                #expect(try await client.head("k").size == 1)
            } else {
                try await client.put("k", [1])
            }
            #expect(abs(clock.now.seconds - Timestamp.now.seconds) < 60)
        }
    }

    @Test func namesThatCannotBeAreRefusedHere() async throws {
        for bucket in ["", "a/b", "..", "a b", "ä"] {
            #expect(throws: S3Error.self) { try S3Address(bucket: bucket) }
        }
        for endpoint in ["s3.amazonaws.com", "ftp://x", "https://", "https://a@b", "https://h?q"] {
            #expect(throws: S3Error.self) { try S3Address(bucket: "b", endpoint: endpoint) }
        }
        #expect(throws: S3Error.self) {
            try S3Address(bucket: "b", endpoint: "http://127.0.0.1:9", style: .virtualHosted)
        }
        let bucket = try await TestBucket.make()
        #expect(try await error { try await bucket.client.put("", [1]) }.kind == .invalid)
        #expect(
            try await error {
                try await bucket.client.put("k", [1], S3PutOptions(metadata: ["a": "b\r\nc: d"]))
            }.kind == .invalid)
    }

    @Test func addressesAreThoseOfAWS() throws {
        let hosted = try S3Address(bucket: "b", region: "eu-central-1")
            .request("GET", "a b//../c", query: [], headers: [])
        #expect(hosted.url == "https://b.s3.eu-central-1.amazonaws.com/a%20b//../c")
        let dotted = try S3Address(bucket: "b.c", region: "cn-north-1")
            .request("GET", nil, query: [.init("uploads")], headers: [])
        #expect(dotted.url == "https://s3.cn-north-1.amazonaws.com.cn/b.c?uploads")
        let other = try S3Address(bucket: "b", endpoint: "http://h:80/base/")
            .request("GET", "k", query: [], headers: [])
        #expect(other.url == "http://h/base/b/k")
    }
}
