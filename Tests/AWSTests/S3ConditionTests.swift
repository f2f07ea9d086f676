import Lab
import LabTraits
import Testing
import Vocabulary

@testable import AWS

@Suite(.s3) struct S3ConditionTests {
    @Test func ofTwentyThatCreateAKeyOneDoes() async throws {
        let bucket = try await TestBucket.make()
        for round in 0..<2 {
            // All write the same bytes: the winner cannot be told by them.
            let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do {
                            try await bucket.client.put(
                                "lock-\(round)", [1], S3PutOptions(condition: .absent))
                            return true
                        } catch let error as S3Error where error.isConflict {
                            return false
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
        }
    }

    @Test func ofTwentyThatReplaceAVersionOneDoes() async throws {
        let bucket = try await TestBucket.make()
        let first = try await bucket.client.put("k", [0])
        let winners: [UInt8] = try await withThrowingTaskGroup(of: UInt8?.self) { group in
            for index in UInt8(1)...20 {
                group.addTask {
                    do {
                        try await bucket.client.put(
                            "k", [index],
                            S3PutOptions(condition: .unchanged(etag: first.etag)))
                        return index
                    } catch let error as S3Error where error.isConflict {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: [UInt8]()) { found, index in
                if let index { found.append(index) }
            }
        }
        #expect(winners.count == 1)
        #expect(try await bucket.client.get("k").bytes == winners)
    }

    @Test func whatWasDeletedIsNotReplaced() async throws {
        let bucket = try await TestBucket.make()
        let first = try await bucket.client.put("k", [0])
        try await bucket.client.delete("k")
        await #expect {
            try await bucket.client.put(
                "k", [1], S3PutOptions(condition: .unchanged(etag: first.etag)))
        } throws: { error in
            (error as? S3Error).map { $0.isConflict || $0.isMissing } == true
        }
        #expect(try await bucket.client.list().keys().isEmpty)
    }

    @Test func anUploadInPartsCreatesOnlyWhatIsNotThere() async throws {
        let bucket = try await TestBucket.make()
        let plan = S3PartPlan(size: .mebibytes(5))
        try await bucket.client.put("k", [1])
        await #expect {
            try await bucket.client.upload(
                "k", S3PutOptions(condition: .absent), plan: plan, from: Pieces(noise(6 << 20)))
        } throws: { ($0 as? S3Error)?.isConflict == true }
        #expect(try await bucket.client.get("k").bytes == [1])
        #expect(try await bucket.client.listUploads().isEmpty)
        try await bucket.client.upload(
            "new", S3PutOptions(condition: .absent), plan: plan, from: Pieces(noise(6 << 20)))
        #expect(try await bucket.client.head("new").size == 6 << 20)
    }
}
