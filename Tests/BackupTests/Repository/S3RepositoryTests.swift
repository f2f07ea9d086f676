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

    @Test func `repositories of one bucket do not see each other, nor what is no object of theirs`()
        async throws
    {
        let bucket = try await TestBucket.make()
        let (a, ab) = (try bucket.repository(prefix: "a"), try bucket.repository(prefix: "ab"))
        let all = try bucket.repository()
        try await a.create(key("x/1"), [1])
        try await ab.create(key("x/2"), [2])
        try await bucket.client().put("a/with space", [3])
        try await bucket.client().put("a/.hidden", [3])
        #expect(try await a.list("").map(\.key.path) == ["x/1"])
        #expect(try await ab.list("").map(\.key.path) == ["x/2"])
        #expect(try await a.folders(in: "") == ["x"])
        #expect(try await all.list("").map(\.key.path) == ["a/x/1", "ab/x/2"])
        #expect(try await all.folders(in: "") == ["a", "ab"])
        #expect(a.place == "s3://\(bucket.name)/a")
        #expect(all.place == "s3://\(bucket.name)")
    }

    @Test func `an upload that nobody completes is debris, and removing it fails its writer`()
        async throws
    {
        let bucket = try await TestBucket.make()
        let repository = try bucket.repository(prefix: "p")
        let upload = try await bucket.client().createUpload("p/left/behind")
        _ = try await bucket.client().createUpload("other/repository")
        let debris = try await repository.debris()
        #expect(debris.map(\.key.path) == ["left/behind"])
        #expect(debris.map(\.token) == [upload.id])
        #expect(abs((debris.first?.modified.seconds ?? 0) - Timestamp.now.seconds) < 600)
        for debris in debris { try await repository.remove(debris) }
        for debris in debris { try await repository.remove(debris) }
        #expect(try await repository.debris() == [])

        let name = try key("a/o")
        let piece = [UInt8](repeating: 1, count: 256 << 10)
        let source = Hooked(Array(repeating: piece, count: 50), after: 45) {
            let debris = try await repository.debris()
            #expect(debris.map(\.key) == [name])
            for debris in debris { try await repository.remove(debris) }
        }
        let error = await #expect(throws: RepositoryError.self) {
            try await repository.put(name, source)
        }
        guard case .unavailable(let trouble) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(trouble.action == "write a/o")
        #expect(try await repository.size(of: name) == nil)
        #expect(try await repository.debris() == [])
    }

    @Test func `an object that changes while it is read is not mixed with another`() async throws {
        let bucket = try await TestBucket.make()
        let repository = try bucket.repository()
        let name = try key("o")
        _ = try await repository.put(name, Noise(600_000, seed: 1))
        let stream = try await repository.read(name)
        try await bucket.client().put("o", Noise(600_000, seed: 2).collected())
        await #expect(throws: RepositoryError.self) { try await stream.collected() }
        try await repository.delete(name)
        await #expect(throws: RepositoryError.missing(name)) { try await stream.collected() }
    }

    @Test func `a reader that stops early ends what it reads ahead`() async throws {
        let bucket = try await TestBucket.make()
        let repository = try bucket.repository()
        let name = try key("o")
        _ = try await repository.put(name, Noise(20 << 20))
        let stream = try await repository.read(name)
        for _ in 0..<40 {
            var isFirst = true
            for try await piece in stream {
                #expect(!piece.isEmpty)
                if !isFirst { break }
                isFirst = false
            }
        }
        // Were their connections still taken, there would be none for this.
        #expect(try await stream.collected().count == 20 << 20)
        let reader = Task { try await stream.collected().count }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
    }

    // MARK: Object Lock

    @Test func `what is retained is not deleted, and says until when`() async throws {
        let bucket = try await TestBucket.make(objectLock: true)
        let repository = try bucket.repository(prefix: "p")
        let (name, held) = (try key("a"), try key("held"))
        try await repository.create(name, [1])
        let tomorrow = Timestamp(seconds: Timestamp.now.seconds + 86_400)
        #expect(try await repository.retain(name, until: tomorrow))
        await #expect(throws: RepositoryError.retained(name, until: tomorrow)) {
            try await repository.delete(name)
        }
        // It is not even hidden.
        #expect(try await repository.contents(of: name) == [1])
        #expect(try await repository.list("").map(\.key) == [name])
        // Longer, but not shorter; the longer one holds.
        #expect(
            try await repository.retain(name, until: Timestamp(seconds: tomorrow.seconds - 3600)))
        let later = Timestamp(seconds: tomorrow.seconds + 3600)
        #expect(try await repository.retain(name, until: later))
        await #expect(throws: RepositoryError.retained(name, until: later)) {
            try await repository.delete(name)
        }
        try await repository.create(held, [2])
        try await bucket.client().setLegalHold(true, of: "p/held")
        await #expect(throws: RepositoryError.retained(held, until: nil)) {
            try await repository.delete(held)
        }
        let none = try key("none")
        await #expect(throws: RepositoryError.missing(none)) {
            try await repository.retain(none, until: tomorrow)
        }
        // What nothing keeps goes as ever.
        let free = try key("free")
        try await repository.create(free, [3])
        try await repository.delete(free)
        #expect(try await repository.size(of: free) == nil)
    }

    @Test func `a bucket without locks says that it cannot retain`() async throws {
        let repository = try await TestBucket.make().repository()
        try await repository.create(key("a"), [1])
        #expect(try await repository.retain(key("a"), until: .now) == false)
    }

    // MARK: What an operator is told

    private func trouble(
        _ body: () async throws -> Void
    ) async throws -> RepositoryError.Trouble {
        let error = await #expect(throws: RepositoryError.self) { try await body() }
        guard case .unavailable(let trouble) = error else {
            throw Unexpected(error: "\(String(describing: error))")
        }
        return trouble
    }

    private struct Unexpected: Error { var error: String }

    @Test func `a bucket that is not there is no empty repository`() async throws {
        let bucket = try await TestBucket.make()
        try await bucket.client().deleteBucket()
        let repository = try bucket.repository()
        let name = try key("a")
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await repository.size(of: name) },
            { _ = try await repository.read(name) },
            { _ = try await repository.list("") },
            { _ = try await repository.folders(in: "") },
            { try await repository.create(name, [1]) },
            { _ = try await repository.put(name, Noise(11 << 20)) },
            { try await repository.delete(name) },
        ]
        for call in calls {
            let trouble = try await trouble(call)
            #expect(trouble.reason == "there is no such bucket")
            #expect(trouble.place == "s3://\(bucket.name)")
        }
    }

    @Test func `who may only read is denied, by name`() async throws {
        let bucket = try await TestBucket.make()
        try await bucket.repository().create(key("a"), [1])
        let repository = S3Repository(try bucket.client(credentials: .reading))
        #expect(try await repository.contents(of: key("a")) == [1])
        for call: @Sendable () async throws -> Void in [
            { try await repository.create(key("b"), [1]) },
            { _ = try await repository.put(key("b"), Noise(11 << 20)) },
            { try await repository.delete(key("a")) },
        ] {
            let trouble = try await trouble(call)
            #expect(trouble.cause == .denied)
            #expect(trouble.reason.contains("AccessDenied"))
        }
        #expect(try await bucket.repository().list("").map(\.key.path) == ["a"])
    }

    @Test func `credentials that are nowhere are named with all places`() async throws {
        let bucket = try await TestBucket.make()
        let client = try bucket.client(credentials: CredentialsChain([]))
        let trouble = try await trouble { _ = try await S3Repository(client).list("") }
        #expect(trouble.cause == .denied)
        #expect(trouble.reason.contains("credentials"))
    }

    @Test func `a server that is not there can be tried later`() async throws {
        let bucket = try await TestBucket.make()
        let repository = try bucket.repository(endpoint: "https://127.0.0.1:9")
        let trouble = try await trouble { _ = try await repository.list("") }
        #expect(trouble.cause == .passing)
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
