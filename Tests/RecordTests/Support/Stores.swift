import Glibc
import Lab
import LabTraits
import Record
import Testing

/// A kind of store that the conformance suite runs against: each way to have one is a case.
struct StoreKind: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Runs the body with two handles of one new, empty store, as two processes have them.
    let with:
        @Sendable (_ body: (any StateStore, any StateStore) async throws -> Void) async throws
            -> Void

    static let all = [
        StoreKind(testDescription: "a directory") { body in
            try await withDirectory { path in
                try await body(
                    DirectoryStore(root: "\(path)/state"), DirectoryStore(root: "\(path)/state"))
            }
        },
        StoreKind(testDescription: "a directory that is there and shared by a group") { body in
            try await withDirectory { path in
                mkdir("\(path)/state", 0o770)
                chmod("\(path)/state", 0o2770)
                try await body(
                    DirectoryStore(root: "\(path)/state"), DirectoryStore(root: "\(path)/state"))
            }
        },
        StoreKind(testDescription: "a bucket") { body in
            try await S3Trait.require()
            let bucket = try await StateBucket.make()
            try await body(bucket.store(prefix: "a/b"), bucket.store(prefix: "a/b"))
        },
        StoreKind(testDescription: "a bucket that keeps versions, without a prefix") { body in
            try await S3Trait.require()
            let bucket = try await StateBucket.make()
            try await bucket.client().keepVersions()
            try await body(bucket.store(), bucket.store())
        },
    ]
}

func key(_ path: String) throws -> StateKey { try #require(StateKey(path)) }

/// The program that writes records to be killed.
enum Writer {
    static var path: String { get throws { try BuiltProgram.path("record-writer") } }
}
