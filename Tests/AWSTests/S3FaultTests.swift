import HTTP
import Lab
import LabTraits
import Testing
import Vocabulary

@testable import AWS

/// What happens between this side and the server, and how each call comes out of it.
@Suite(.s3) struct S3FaultTests {
    private func withFaults(
        _ body: (_ faults: S3Faults, _ client: S3Client, _ bucket: TestBucket) async throws -> Void
    ) async throws {
        let bucket = try await TestBucket.make()
        try await S3Faults.with(bucket.server) { faults in
            try await body(faults, try bucket.client(endpoint: faults.endpoint), bucket)
        }
    }

    /// A call, what its request begins with, and what it is called in messages.
    private struct Call: Sendable {
        var name: String
        var request: String
        var perform: @Sendable (S3Client) async throws -> Void
    }

    private static func calls(_ bucket: String) -> [Call] {
        [
            Call(name: "put", request: "PUT /\(bucket)/k") { try await $0.put("k", [1]) },
            Call(name: "put a stream", request: "PUT /\(bucket)/k") { client in
                try await client.put("k", length: 3) { Pieces([1, 2, 3], of: 1) }
            },
            Call(name: "get", request: "GET /\(bucket)/there") { _ = try await $0.get("there") },
            Call(name: "head", request: "HEAD /\(bucket)/there") { _ = try await $0.head("there") },
            Call(name: "list", request: "GET /\(bucket)?list") {
                _ = try await $0.list().collect()
            },
            Call(name: "delete", request: "DELETE /\(bucket)/gone") { try await $0.delete("gone") },
            Call(name: "delete many", request: "POST /\(bucket)?delete") { client in
                let failures = try await client.deleteMany([S3ObjectName("gone")])
                #expect(failures.isEmpty)
            },
            Call(name: "begin", request: "POST /\(bucket)/u?uploads") { client in
                try await client.abort(try await client.createUpload("u"))
            },
            Call(name: "part", request: "PUT /\(bucket)/u?partNumber") { client in
                let upload = try await client.createUpload("u")
                _ = try await client.uploadPart(upload, number: 1, [1])
                try await client.abort(upload)
            },
            Call(name: "complete", request: "POST /\(bucket)/u?uploadId") { client in
                let upload = try await client.createUpload("u")
                let part = try await client.uploadPart(upload, number: 1, [1, 2])
                #expect(try await client.complete(upload, [part]).size == 2)
            },
            Call(name: "abort", request: "DELETE /\(bucket)/u?uploadId") { client in
                try await client.abort(try await client.createUpload("u"))
            },
            Call(name: "list uploads", request: "GET /\(bucket)?uploads") { client in
                _ = try await client.listUploads()
            },
        ]
    }

    private static let passing: [(fault: String, details: [JSON.Member])] = [
        ("reset", []), ("lose", []),
        ("status", [.init("status", 500), .init("code", "InternalError")]),
        ("status", [.init("status", 503), .init("code", "SlowDown")]),
        ("status", [.init("status", 400), .init("code", "RequestTimeout")]),
    ]

    @Test func everyCallOutlivesAPassingFault() async throws {
        try await withFaults { faults, client, bucket in
            try await bucket.client.put("there", [1])
            var count = 0
            for call in Self.calls(bucket.name) {
                for (fault, details) in Self.passing {
                    // Its answers have no body, which would say that this one passes.
                    if call.name == "head", details.contains(.init("status", 400)) { continue }
                    try await faults.clear()
                    try await faults.inject(fault, into: call.request, times: 2, details)
                    do {
                        try await call.perform(client)
                    } catch {
                        Issue.record("\(call.name), \(fault) \(details): \(error)")
                    }
                    #expect(try await faults.seen(call.request) >= 3, "\(call.name) \(fault)")
                    count += 1
                }
            }
            print("S3: \(count) calls with faults")
            // Those of whose beginning the answer was lost are found by a listing alone.
            for left in try await bucket.client.listUploads() {
                #expect(left.upload.key == "u")
                try await bucket.client.abort(left.upload)
            }
            #expect(try await bucket.client.listUploads().isEmpty)
        }
    }

    @Test func aFaultThatDoesNotPassEndsEveryCallWithItsError() async throws {
        try await withFaults { faults, client, bucket in
            try await bucket.client.put("there", [1])
            for call in Self.calls(bucket.name) {
                try await faults.clear()
                try await faults.inject(
                    "status", into: call.request, times: 99,
                    [.init("status", 503), .init("code", "SlowDown")])
                await #expect("\(call.name)") {
                    try await call.perform(client)
                } throws: { ($0 as? S3Error)?.diagnostic().code == .s3Unavailable }
                #expect(try await faults.seen(call.request) == 4, "\(call.name)")
                try await faults.clear()
                try await faults.inject(
                    "status", into: call.request, times: 99,
                    [.init("status", 403), .init("code", "AccessDenied")])
                await #expect("\(call.name)") {
                    try await call.perform(client)
                } throws: { ($0 as? S3Error)?.diagnostic().code == .s3Refused }
                #expect(try await faults.seen(call.request) == 1, "\(call.name)")
            }
        }
    }

    @Test func aServerThatIsNotThereIsUnreachable() async throws {
        let bucket = try await TestBucket.make()
        let client = try bucket.client(endpoint: "http://127.0.0.1:9")
        for call in Self.calls(bucket.name) where call.name != "part" {
            await #expect {
                try await call.perform(client)
            } throws: { error in
                (error as? S3Error)?.kind == .unreachable(.connect)
                    && (error as? S3Error)?.diagnostic().code == .s3Unavailable
            }
        }
    }

    @Test func aServerThatSaysNothingHasStalled() async throws {
        try await withFaults { faults, _, bucket in
            var settings = S3Settings.quick
            settings.attempts = 8
            settings.timeouts.stall = .init(below: 1, for: .seconds(3))
            try await faults.inject("stall", into: "PUT", times: 1)
            try await bucket.client(endpoint: faults.endpoint, settings: settings).put("k", [1])
            #expect(try await faults.seen("PUT") >= 2)
            settings.attempts = 2
            settings.timeouts.stall = .init(below: 1, for: .seconds(1))
            let client = try bucket.client(endpoint: faults.endpoint, settings: settings)
            try await faults.inject("stall", into: "GET", times: 9)
            await #expect {
                _ = try await client.get("k")
            } throws: { ($0 as? S3Error)?.kind == .unreachable(.stalled) }
        }
    }

    // MARK: Writes whose answer is lost

    @Test func aCreationWhoseAnswerIsLostIsOnesOwn() async throws {
        try await withFaults { faults, client, bucket in
            for fault in ["lose", "reset"] {
                try await faults.inject(fault, into: "PUT", times: 2)
                let written = try await client.put(
                    fault, [1], S3PutOptions(condition: .absent))
                #expect(written.etag == (try await bucket.client.head(fault)).etag)
            }
            // Another's is not, though its bytes are the same.
            try await bucket.client.put("taken", [1])
            try await faults.inject("reset", into: "PUT", times: 2)
            await #expect {
                try await client.put("taken", [1], S3PutOptions(condition: .absent))
            } throws: { ($0 as? S3Error)?.isConflict == true }
        }
    }

    @Test func aReplacementWhoseAnswerIsLostIsOnesOwn() async throws {
        try await withFaults { faults, client, bucket in
            let first = try await bucket.client.put("k", [1])
            try await faults.inject("lose", into: "PUT", times: 1)
            let second = try await client.put(
                "k", [2], S3PutOptions(condition: .unchanged(etag: first.etag)))
            #expect(try await bucket.client.get("k").bytes == [2])
            #expect(second.etag == (try await bucket.client.head("k")).etag)
        }
    }

    @Test func aCompletionWhoseAnswerIsLostIsOnesOwn() async throws {
        try await withFaults { faults, client, bucket in
            let bytes = noise(6 << 20)
            try await faults.inject("lose", into: "POST /\(bucket.name)/k?uploadId", times: 1)
            let written = try await client.upload(
                "k", S3PutOptions(condition: .absent), plan: S3PartPlan(size: .mebibytes(5)),
                from: Pieces(bytes))
            #expect(written.size == bytes.count)
            #expect(try await bucket.client.get("k").bytes == bytes)
        }
    }

    @Test func aCompletionThatFailsInItsBodyFails() async throws {
        try await withFaults { faults, client, bucket in
            let upload = try await client.createUpload("k")
            let part = try await client.uploadPart(upload, number: 1, [1])
            let request = "POST /\(bucket.name)/k?uploadId"
            try await faults.inject(
                "status", into: request, times: 1,
                [.init("status", 200), .init("code", "InternalError")])
            #expect(try await client.complete(upload, [part]).size == 1)
            #expect(try await faults.seen(request) == 2)

            let other = try await client.createUpload("l")
            try await faults.inject(
                "status", into: "POST /\(bucket.name)/l?uploadId", times: 9,
                [.init("status", 200), .init("code", "AccessDenied")])
            await #expect {
                try await client.complete(other, [part])
            } throws: { ($0 as? S3Error)?.code == "AccessDenied" }
            try await client.abort(other)
        }
    }

    // MARK: Reads that are cut off or changed

    @Test func aReadThatIsCutOffGoesOnWhereItWas() async throws {
        try await withFaults { faults, client, bucket in
            let bytes = noise(900_000)
            try await bucket.client.put("k", bytes)
            for count in [0, 1, 500_000, 899_999] {
                try await faults.clear()
                try await faults.inject(
                    "truncate", into: "GET", times: 2, [.init("bytes", .int(count))])
                #expect(try await client.get("k").bytes == bytes)
                let range = 100_000..<800_000
                try await faults.inject(
                    "truncate", into: "GET", times: 1, [.init("bytes", .int(min(count, 600_000)))])
                #expect(try await client.get("k", range: range).bytes == Array(bytes[range]))
            }
            try await faults.inject("truncate", into: "GET", times: 99, [.init("bytes", 5)])
            // As a stream it is not taken up: the reader has had a part of it.
            await #expect {
                try await client.withObject("k") { _, body in
                    for try await _ in body {}
                }
            } throws: { ($0 as? S3Error)?.kind == .unreachable(.truncated) }
        }
    }

    @Test func anObjectThatChangesWhileItIsReadIsNotMixed() async throws {
        try await withFaults { faults, client, bucket in
            try await bucket.client.put("k", noise(900_000, seed: 1))
            try await faults.inject("truncate", into: "GET", times: 1, [.init("bytes", 500_000)])
            var isReplaced = false
            do {
                try await client.read("k") { _ in
                    guard !isReplaced else { return }
                    isReplaced = true
                    try await bucket.client.put("k", noise(900_000, seed: 2))
                }
                Issue.record("two objects were read as one")
            } catch let error as S3Error {
                #expect(error.isConflict)
            }
        }
    }

    @Test func aByteThatChangedOnItsWayIsSeen() async throws {
        try await withFaults { faults, client, bucket in
            let bytes = noise(500_000)
            try await bucket.client.put("k", bytes)
            try await faults.inject("alter", into: "GET /\(bucket.name)/k", times: 2)
            await #expect {
                _ = try await client.get("k")
            } throws: { ($0 as? S3Error)?.kind == .damaged }
            await #expect {
                try await client.withObject("k") { _, body in
                    for try await _ in body {}
                }
            } throws: { ($0 as? S3Error)?.diagnostic().code == .s3Damaged }
            #expect(try await client.get("k").bytes == bytes)
        }
    }

    @Test func aPartWithAWrongETagCompletesNothing() async throws {
        try await withFaults { faults, client, bucket in
            try await faults.inject("etag", into: "PUT /\(bucket.name)/k?partNumber=1", times: 1)
            await #expect {
                try await client.upload(
                    "k", plan: S3PartPlan(size: .mebibytes(5)), from: Pieces(noise(6 << 20)))
            } throws: { ($0 as? S3Error)?.diagnostic().code == .s3Damaged }
            #expect(try await bucket.client.listUploads().isEmpty)
            #expect(try await bucket.client.list().keys().isEmpty)
        }
    }

    @Test func aListingThatLagsIsReadAsItIs() async throws {
        try await withFaults { faults, client, bucket in
            for key in ["a", "b", "c"] { try await bucket.client.put(key, [1]) }
            try await faults.inject("hide", into: "GET /\(bucket.name)?list", times: 1)
            #expect(try await client.list().keys() == ["a", "b"])
            #expect(try await client.head("c").size == 1)
            #expect(try await client.list().keys() == ["a", "b", "c"])
        }
    }

    // MARK: Clocks, sessions, regions

    @Test func aServersClockIsTaken() async throws {
        try await withFaults { faults, client, bucket in
            try await faults.inject("late", into: "PUT", times: 3)
            try await client.put("k", [1])
            try await client.put("k", [1])
            #expect(try await faults.seen("PUT") == 3)
            // One that is never content is asked twice.
            try await faults.clear()
            try await faults.inject(
                "status", into: "PUT", times: 9,
                [.init("status", 403), .init("code", "RequestTimeTooSkewed")])
            await #expect {
                try await client.put("k", [1])
            } throws: { ($0 as? S3Error)?.code == "RequestTimeTooSkewed" }
            #expect(try await faults.seen("PUT") <= 2)
        }
    }

    @Test func aSessionThatExpiresDuringAnUploadIsRenewed() async throws {
        try await withFaults { faults, _, bucket in
            let source = CountingSource()
            let client = try bucket.client(
                endpoint: faults.endpoint, credentials: CredentialsChain([source]))
            let bytes = noise(12 << 20)
            try await faults.inject(
                "status", into: "PUT /\(bucket.name)/k?partNumber=2", times: 1,
                [.init("status", 400), .init("code", "ExpiredToken")])
            try await client.upload(
                "k", plan: S3PartPlan(size: .mebibytes(5)), from: Pieces(bytes))
            #expect(try await bucket.client.get("k").bytes == bytes)
            #expect(source.count == 2)
            try await faults.inject(
                "status", into: "PUT", times: 9,
                [.init("status", 400), .init("code", "ExpiredToken")])
            await #expect {
                try await client.put("k", [1])
            } throws: { ($0 as? S3Error)?.isExpired == true }
        }
    }

    @Test func aBucketElsewhereSaysWhere() async throws {
        try await withFaults { faults, client, _ in
            let answers: [(status: Int, code: String)] = [
                (301, "PermanentRedirect"), (400, "AuthorizationHeaderMalformed"),
            ]
            for (status, code) in answers {
                try await faults.clear()
                try await faults.inject(
                    "status", into: "GET", times: 1,
                    [
                        .init("status", .int(status)), .init("code", .string(code)),
                        .init("headers", ["x-amz-bucket-region": "eu-west-3"]),
                    ])
                await #expect {
                    try await client.checkBucket()
                } throws: { error in
                    guard let error = error as? S3Error else { return false }
                    return error.region == "eu-west-3"
                        && error.diagnostic().message.contains("eu-west-3")
                        && error.diagnostic().code == .s3Place
                }
            }
        }
    }
}
