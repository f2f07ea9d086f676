import AWS
import Backup
import Lab
import LabTraits
import RepositoryConformance
import Testing
import Vocabulary

@Suite(.s3) struct S3RepositoryTests {
    @Test(arguments: RepositoryPromise.all)
    func `a bucket keeps what every repository promises`(
        promise: RepositoryPromise
    ) async throws {
        let bucket = try await TestBucket.make()
        try await promise.check(
            bucket.repository(prefix: "deep/prefix"), bucket.repository(prefix: "deep/prefix"))
    }
}

@Suite struct FaultyRepositoryTests {
    @Test(arguments: RepositoryPromise.all)
    func `without a fault it keeps what the one behind it promises`(
        promise: RepositoryPromise
    ) async throws {
        try await withDirectory { path in
            let root = "\(path)/repository"
            try await promise.check(
                FaultyRepository(DirectoryRepository(root: root)),
                FaultyRepository(DirectoryRepository(root: root)))
        }
    }
}
