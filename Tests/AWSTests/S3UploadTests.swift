import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

@testable import AWS

@Suite(.s3) struct S3UploadTests {
    private static let plan = S3PartPlan(size: .mebibytes(5), concurrency: 2)

    @Test(arguments: [0, 1, 5 << 20, 5 << 20 + 1, 10 << 20, 23_000_001])
    func aStreamOfAnyLengthBecomesAnObject(length: Int) async throws {
        let bucket = try await TestBucket.make()
        let bytes = noise(length)
        let written = try await bucket.client.upload(
            "k", S3PutOptions(metadata: ["a": "b"]), plan: Self.plan,
            from: Pieces(bytes, of: 200_000))
        #expect(written.size == length)
        let (info, read) = try await bucket.client.get("k")
        #expect(read == bytes)
        #expect(info.etag == written.etag)
        #expect(info.metadata["a"] == "b")
        #expect(try await bucket.client.listUploads().isEmpty)
    }

    @Test func aStreamThatFailsLeavesNothing() async throws {
        struct Broken: Error {}
        let bucket = try await TestBucket.make()
        await #expect(throws: Broken.self) {
            try await bucket.client.upload(
                "k", plan: Self.plan, from: Pieces(noise(12 << 20), failure: Broken()))
        }
        #expect(try await bucket.client.listUploads().isEmpty)
        #expect(try await bucket.client.list().keys().isEmpty)
    }

    @Test func anUploadThatIsCancelledLeavesNothing() async throws {
        let bucket = try await TestBucket.make()
        let (begun, signal) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await bucket.client.upload(
                "k", plan: Self.plan, from: Endless(after: 4, signal: signal))
        }
        for await _ in begun { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await bucket.client.listUploads().isEmpty)
        #expect(try await bucket.client.list().keys().isEmpty)
    }

    @Test func aSourceIsNotReadFasterThanPartsAreTaken() async throws {
        let bucket = try await TestBucket.make()
        try await S3Faults.with(bucket.server) { faults in
            let client = try bucket.client(endpoint: faults.endpoint)
            try await faults.inject("stall", into: "PUT /\(bucket.name)/k?partNumber", times: 99)
            let (full, signal) = AsyncStream.makeStream(of: Int.self)
            // Two parts are under way, a third one is full, and it is known that there is more.
            let task = Task {
                try await client.upload(
                    "k", plan: Self.plan, from: Counted(signal: signal))
            }
            var pulled = 0
            for await count in full {
                pulled = count
                if count >= 16 << 20 { break }
            }
            // Time for one pull more, if there were to be one.
            for _ in 0..<20 { _ = try await bucket.client.list().keys() }
            signal.finish()
            for await count in full { pulled = count }
            #expect(pulled == 16 << 20)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await bucket.client.listUploads().isEmpty)
        }
    }

    @Test func anUploadThatWasCutOffIsTakenUpBehindItsLastWholePart() async throws {
        let bucket = try await TestBucket.make()
        let bytes = noise(17 << 20)
        let upload = try await bucket.client.createUpload("k")
        let part = 5 << 20
        for number in [1, 2] {
            _ = try await bucket.client.uploadPart(
                upload, number: number, Array(bytes[(number - 1) * part..<number * part]))
        }
        // Not in a row with the others.
        _ = try await bucket.client.uploadPart(upload, number: 4, noise(part))
        let found = try await bucket.client.listUploads(prefix: "k")
        #expect(found.map(\.upload) == [upload])
        #expect(try await bucket.client.listParts(upload).map(\.number) == [1, 2, 4])
        var offsets: [Int] = []
        let written = try await bucket.client.resume(found[0].upload, plan: Self.plan) { offset in
            offsets.append(offset)
            return Pieces(Array(bytes[offset...]))
        }
        // This server does not tell the checksums of parts: they are made from the beginning.
        #expect(offsets == [0, 2 * part])
        #expect(written.size == bytes.count)
        #expect(try await bucket.client.get("k").bytes == bytes)
        #expect(try await bucket.client.listUploads().isEmpty)
    }

    @Test func anUploadIsNotTakenUpWithAShorterSource() async throws {
        let bucket = try await TestBucket.make()
        let upload = try await bucket.client.createUpload("k")
        _ = try await bucket.client.uploadPart(upload, number: 1, noise(5 << 20))
        await #expect {
            try await bucket.client.resume(upload, plan: Self.plan) { _ in Pieces([1, 2, 3]) }
        } throws: { ($0 as? S3Error)?.kind == .invalid }
        #expect(try await bucket.client.listParts(upload).count == 1)
        try await bucket.client.abort(upload)
    }

    @Test func anUploadThatIsGoneIsMissing() async throws {
        let bucket = try await TestBucket.make()
        let upload = try await bucket.client.createUpload("k")
        try await bucket.client.abort(upload)
        try await bucket.client.abort(upload)
        await #expect {
            try await bucket.client.resume(upload) { _ in Pieces([]) }
        } throws: { ($0 as? S3Error)?.isMissing == true }
    }

    @Test func aPartThatIsNotTheOneNamedIsRefused() async throws {
        let bucket = try await TestBucket.make()
        let upload = try await bucket.client.createUpload("k")
        var part = try await bucket.client.uploadPart(upload, number: 1, [1, 2, 3])
        part.etag = "\"00000000000000000000000000000000\""
        await #expect {
            try await bucket.client.complete(upload, [part])
        } throws: { ($0 as? S3Error)?.code == "InvalidPart" }
        try await bucket.client.abort(upload)
        #expect(try await bucket.client.list().keys().isEmpty)
    }

    @Test func partsAreNeitherTooSmallNorTooMany() {
        #expect(S3PartPlan(length: 1).size == .mebibytes(8))
        #expect(S3PartPlan(size: .kibibytes(1)).size == .mebibytes(5))
        for length in [1, 80_000 << 20, 80_001 << 20, 5 << 40] {
            let plan = S3PartPlan(length: length)
            #expect(length <= plan.size.bytes * S3PartPlan.mostParts)
            #expect(plan.size.bytes % (1 << 20) == 0)
            #expect(plan.size(of: 10_000) == plan.size.bytes)
        }
        let open = S3PartPlan()
        #expect(open.size(of: 5000) == 8 << 20)
        #expect(open.size(of: 5001) == 16 << 20)
        #expect(open.size(of: 10_000) == 256 << 20)
        #expect((1...10_000).reduce(0) { $0 + open.size(of: $1) } > 500 << 30)
    }
}

/// Pieces without end; says when it has given some, and then waits to be cancelled.
private struct Endless: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error

    let after: Int
    let signal: AsyncStream<Void>.Continuation

    struct AsyncIterator: AsyncIteratorProtocol {
        let after: Int
        let signal: AsyncStream<Void>.Continuation
        var count = 0

        mutating func next() async throws -> [UInt8]? {
            count += 1
            if count <= after { return noise(3 << 20, seed: UInt64(count)) }
            signal.yield()
            try await Task.sleep(for: .seconds(3600))
            return nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(after: after, signal: signal)
    }
}

/// Pieces without end; says how many bytes it was asked for.
private struct Counted: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error

    let signal: AsyncStream<Int>.Continuation

    struct AsyncIterator: AsyncIteratorProtocol {
        let signal: AsyncStream<Int>.Continuation
        var count = 0

        mutating func next() async throws -> [UInt8]? {
            count += 1 << 20
            signal.yield(count)
            return [UInt8](repeating: 7, count: 1 << 20)
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(signal: signal)
    }
}
