import Lab
import LabTraits
import Testing
import Vocabulary

@testable import AWS

@Suite(.s3) struct S3ListingTests {
    @Test func overAThousandKeysAreListedAndDeleted() async throws {
        let bucket = try await TestBucket.make()
        let keys = (0..<1250).map { "many/\(String($0 + 10_000)) +ä" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, key) in keys.enumerated() {
                if index >= 12 { try await group.next() }
                group.addTask { try await bucket.client.put(key, [UInt8(index % 256)]) }
            }
            try await group.waitForAll()
        }
        try await bucket.client.put("manya", [0])
        #expect(try await bucket.client.list(prefix: "many/").keys() == keys)
        #expect(
            try await bucket.client.list(prefix: "many/", after: keys[1000]).keys()
                == Array(keys[1001...]))
        #expect(try await bucket.client.list().keys().count == 1251)
        let failures = try await bucket.client.deleteMany(keys.map { S3ObjectName($0) })
        #expect(failures.isEmpty)
        #expect(try await bucket.client.list().keys() == ["manya"])
    }

    @Test func aDelimiterShowsOneLevel() async throws {
        let bucket = try await TestBucket.make()
        for key in ["a/1", "a/2", "a/b/3", "c", "d d/4"] { try await bucket.client.put(key, [1]) }
        let top = try await bucket.client.list(delimiter: "/").collect()
        #expect(top.map(\.text) == ["a/", "c", "d d/"])
        let below = try await bucket.client.list(prefix: "a/", delimiter: "/").collect()
        #expect(below.map(\.text) == ["a/1", "a/2", "a/b/"])
        #expect(try await bucket.client.list(prefix: "none/").collect().isEmpty)
        guard case .object(let object)? = below.first else { return #expect(Bool(false)) }
        #expect(object.size == 1)
        #expect(object.etag == (try await bucket.client.head("a/1")).etag)
    }

    @Test func aKeyThatNoXMLCanNameIsDeletedAllTheSame() async throws {
        let bucket = try await TestBucket.make()
        let keys = ["a\u{1}b", "c"]
        for key in keys { try await bucket.client.put(key, [1]) }
        #expect(try await bucket.client.list().keys() == keys)
        #expect(try await bucket.client.deleteMany(keys.map { S3ObjectName($0) }).isEmpty)
        #expect(try await bucket.client.list().keys().isEmpty)
    }
}

extension S3Listing.Element {
    var text: String {
        switch self {
        case .object(let object): object.key
        case .prefix(let prefix): prefix
        }
    }
}
