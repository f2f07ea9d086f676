import Lab
import LabTraits
import Testing
import Vocabulary

@testable import AWS

@Suite(.s3) struct S3ObjectTests {
    @Test func whatIsPutIsGotAgain() async throws {
        let bucket = try await TestBucket.make()
        let bytes = noise(100_000)
        let written = try await bucket.client.put(
            "a/b", bytes,
            S3PutOptions(metadata: ["kind": "test"], contentType: "application/x-test"))
        #expect(written.size == bytes.count)
        #expect(written.checksum == S3Checksum(of: bytes, .crc32c))
        let (info, read) = try await bucket.client.get("a/b")
        #expect(read == bytes)
        #expect(info.etag == written.etag)
        #expect(info.size == bytes.count)
        #expect(info.metadata["kind"] == "test")
        #expect(info.contentType == "application/x-test")
        #expect(abs((info.modified ?? Timestamp(seconds: 0)).seconds - Timestamp.now.seconds) < 60)
        let head = try await bucket.client.head("a/b")
        #expect(head.etag == written.etag)
        #expect(head.checksums.contains(S3Checksum(of: bytes, .crc32c)))
    }

    @Test func anEmptyObjectIsOne() async throws {
        let bucket = try await TestBucket.make()
        try await bucket.client.put("empty", [])
        let (info, bytes) = try await bucket.client.get("empty")
        #expect(bytes.isEmpty)
        #expect(info.size == 0)
    }

    @Test func aStreamIsPutWithItsChecksumBehindIt() async throws {
        let bucket = try await TestBucket.make()
        for (index, length) in [0, 1, 256 << 10, 700_001].enumerated() {
            let bytes = noise(length, seed: UInt64(index))
            for algorithm in S3Checksum.Algorithm.allCases {
                var settings = S3Settings.quick
                settings.checksum = algorithm
                let client = try bucket.client(settings: settings)
                try await client.put("stream", length: length) { Pieces(bytes, of: 100_000) }
                let (info, read) = try await client.get("stream")
                #expect(read == bytes)
                #expect(info.checksums.contains(S3Checksum(of: bytes, algorithm)))
            }
        }
    }

    @Test func aRangeIsThatRange() async throws {
        let bucket = try await TestBucket.make()
        let bytes = noise(300_000)
        try await bucket.client.put("k", bytes)
        for range in [0..<1, 299_999..<300_000, 1000..<250_001, 0..<300_000] {
            #expect(try await bucket.client.get("k", range: range).bytes == Array(bytes[range]))
        }
        #expect(
            try await bucket.client.get("k", range: 299_000..<400_000).bytes
                == Array(bytes[299_000...]))
        await #expect {
            try await bucket.client.get("k", range: 300_000..<300_001)
        } throws: { ($0 as? S3Error)?.code == "InvalidRange" }
        await #expect {
            try await bucket.client.get("k", range: 5..<5)
        } throws: { ($0 as? S3Error)?.kind == .invalid }
    }

    @Test func anObjectThatWasReplacedIsNotReadAsTheOldOne() async throws {
        let bucket = try await TestBucket.make()
        let old = try await bucket.client.put("k", [1])
        try await bucket.client.put("k", [2])
        await #expect {
            try await bucket.client.withObject("k", ifMatch: old.etag) { _, _ in }
        } throws: { ($0 as? S3Error)?.isConflict == true }
    }

    @Test func whatIsNotThereIsMissing() async throws {
        let bucket = try await TestBucket.make()
        await #expect {
            try await bucket.client.get("no")
        } throws: { ($0 as? S3Error)?.code == "NoSuchKey" && ($0 as? S3Error)?.isMissing == true }
        await #expect {
            try await bucket.client.head("no")
        } throws: { ($0 as? S3Error)?.isMissing == true }
        try await bucket.client.delete("no")
        let other = S3Client(
            try S3Address(bucket: "nobody-has-this", endpoint: bucket.server.endpoint),
            credentials: .lab, http: bucket.http, settings: .quick)
        await #expect {
            try await other.get("no")
        } throws: { ($0 as? S3Error)?.code == "NoSuchBucket" }
    }

    @Test(arguments: [
        "plain", "a b", "a+b", "a=b:c@d", "100%", "%41", "ä/ö/日本語.txt", "emoji 😀", "q?x=1&y#z",
        "a;b,c'd\"e(f)*!$", "~tilde-_.", "<xml>&amp;",
    ])
    func aKeyIsThatKey(key: String) async throws {
        let bucket = try await TestBucket.make()
        let bytes = Array(key.utf8)
        try await bucket.client.put(key, bytes)
        #expect(try await bucket.client.get(key).bytes == bytes)
        let plain = try bucket.client(endpoint: bucket.server.plainEndpoint)
        #expect(try await plain.get(key).bytes == bytes)
        #expect(try await bucket.client.list().keys() == [key])
        try await bucket.client.delete(key)
        #expect(try await bucket.client.list().keys().isEmpty)
    }

    @Test func aBucketHasAHostOfItsOwn() async throws {
        let bucket = try await TestBucket.make()
        let hosted = try bucket.client(
            endpoint: bucket.server.hostedEndpoint, style: .virtualHosted)
        try await hosted.put("a b/c", [1, 2, 3])
        #expect(try await bucket.client.get("a b/c").bytes == [1, 2, 3])
        #expect(try await hosted.list(prefix: "a").keys() == ["a b/c"])
    }

    @Test func aPresignedURLIsReadByAnybody() async throws {
        let bucket = try await TestBucket.make()
        try await bucket.client.put("a b+c", [7, 8])
        let url = try await bucket.client.presignedURL("a b+c", lifetime: .seconds(60))
        let text = url.withExposed { $0 }
        let (response, body) = try await bucket.http.send(.init(.get, text))
        #expect(response.status == 200)
        #expect(body == [7, 8])
        let (refused, _) = try await bucket.http.send(
            .init(.get, text.replacing("X-Amz-Expires=60", with: "X-Amz-Expires=61")))
        #expect(refused.status == 403)
    }

    @Test func aCopyHasTheSameBytes() async throws {
        let bucket = try await TestBucket.make()
        try await bucket.client.put("from a", [1, 2, 3])
        try await bucket.client.copy(from: (bucket.name, "from a"), to: "to b")
        #expect(try await bucket.client.get("to b").bytes == [1, 2, 3])
        await #expect {
            try await bucket.client.copy(from: (bucket.name, "not there"), to: "c")
        } throws: { ($0 as? S3Error)?.isMissing == true }
    }

    @Test func whatTheServerHasAcknowledgedOutlivesItsDeath() async throws {
        let server = try await S3Lab.start()
        let bucket = try await TestBucket.make(of: server)
        let bytes = noise(300_000)
        let written = try await bucket.client.put("k", bytes)
        await server.kill()
        await #expect {
            try await bucket.client.get("k")
        } throws: { ($0 as? S3Error)?.isTransient == true }
        let again = try await server.restart()
        // It answers before it has found its own volumes.
        var settings = S3Settings.quick
        settings.attempts = 60
        settings.longestPause = .seconds(1)
        let patient = try bucket.client(settings: settings)
        #expect(try await patient.get("k").bytes == bytes)
        #expect(try await patient.head("k").etag == written.etag)
        await again.stop()
    }
}
