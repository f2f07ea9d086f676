import Lab
import LabTraits
import Testing
import Vocabulary

@testable import AWS

@Suite(.s3) struct S3LockTests {
    private static let tomorrow = Timestamp(seconds: Timestamp.now.seconds + 86400)

    @Test func whatIsRetainedCannotBeDeleted() async throws {
        let bucket = try await TestBucket.make(objectLock: true)
        #expect(try await bucket.client.hasObjectLock())
        #expect(try await bucket.client.keepsVersions())
        let retention = S3Retention(.compliance, until: Self.tomorrow)
        let written = try await bucket.client.put(
            "k", [1, 2, 3], S3PutOptions(retention: retention))
        let version = try #require(written.version)
        #expect(try await bucket.client.head("k").retention == retention)
        #expect(try await bucket.client.retention(of: "k") == retention)
        await #expect {
            try await bucket.client.delete("k", version: version)
        } throws: { ($0 as? S3Error)?.status == 403 }
        // Without a version it is hidden, and there all the same.
        try await bucket.client.delete("k")
        await #expect(throws: S3Error.self) { try await bucket.client.get("k") }
        #expect(try await bucket.client.get("k", version: version).bytes == [1, 2, 3])
    }

    @Test func aRetentionIsSetLater() async throws {
        let bucket = try await TestBucket.make(objectLock: true)
        let written = try await bucket.client.put("k", [1])
        #expect(try await bucket.client.retention(of: "k") == nil)
        let retention = S3Retention(.governance, until: Self.tomorrow)
        try await bucket.client.retain("k", retention)
        #expect(try await bucket.client.retention(of: "k") == retention)
        await #expect {
            try await bucket.client.delete("k", version: written.version)
        } throws: { ($0 as? S3Error)?.status == 403 }
        let failures = try await bucket.client.deleteMany([
            S3ObjectName("k", version: written.version)
        ])
        #expect(failures.map(\.key) == ["k"])
        try await bucket.client.delete(
            "k", version: written.version, bypassingGovernance: true)
        await #expect(throws: S3Error.self) {
            try await bucket.client.head("k", version: written.version)
        }
    }

    @Test func aLegalHoldKeepsUntilItIsLifted() async throws {
        let bucket = try await TestBucket.make(objectLock: true)
        let written = try await bucket.client.put("k", [1], S3PutOptions(legalHold: true))
        #expect(try await bucket.client.hasLegalHold("k"))
        #expect(try await bucket.client.head("k").legalHold)
        await #expect(throws: S3Error.self) {
            try await bucket.client.delete("k", version: written.version)
        }
        try await bucket.client.setLegalHold(false, of: "k")
        #expect(try await bucket.client.hasLegalHold("k") == false)
        try await bucket.client.delete("k", version: written.version)
    }

    @Test func anUploadInPartsIsRetained() async throws {
        let bucket = try await TestBucket.make(objectLock: true)
        let retention = S3Retention(.compliance, until: Self.tomorrow)
        try await bucket.client.upload(
            "k", S3PutOptions(retention: retention), plan: S3PartPlan(size: .mebibytes(5)),
            from: Pieces(noise(6 << 20)))
        #expect(try await bucket.client.retention(of: "k") == retention)
    }

    @Test func aBucketWithoutLocksSaysSo() async throws {
        let bucket = try await TestBucket.make()
        #expect(try await bucket.client.hasObjectLock() == false)
        #expect(try await bucket.client.keepsVersions() == false)
        try await bucket.client.keepVersions()
        #expect(try await bucket.client.keepsVersions())
        await #expect(throws: S3Error.self) {
            try await bucket.client.put(
                "k", [1], S3PutOptions(retention: S3Retention(.compliance, until: Self.tomorrow)))
        }
    }

    @Test func whatIsEncryptedByTheServerSaysSo() async throws {
        let bucket = try await TestBucket.make()
        try await bucket.client.put("k", [1, 2], S3PutOptions(encryption: .s3))
        let (info, bytes) = try await bucket.client.get("k")
        #expect(bytes == [1, 2])
        #expect(info.encryption == "AES256")
        let kms = S3PutOptions(encryption: .kms(key: "some-key")).headers
        #expect(
            kms == [
                .init("X-Amz-Server-Side-Encryption", "aws:kms"),
                .init("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "some-key"),
            ])
    }
}
