import Glibc
import Lab
import Loop
import RepositoryConformance
import Testing
import Vocabulary

@testable import Backup

@Suite struct PruneTests {
    private static let now = Timestamp(seconds: 1_795_000_000)

    private static func day(_ number: Int) -> SnapshotID {
        SnapshotID(at: Timestamp(seconds: now.seconds - number * 86_400))
    }

    /// A small snapshot that was made so many days ago, and proven so far.
    @discardableResult
    private func make(
        _ day: Int, _ level: VerificationLevel?, in repository: TestRepository
    ) async throws -> SnapshotID {
        let id = Self.day(day)
        let key = id.key("payments/tables/0001.dump.zst.age")
        let stored = try await repository.repository.put(
            key, Pieces([Array("rows of day \(day)".utf8)]))
        var manifest = Samples.manifest(
            id, after: try await repository.catalogue().newest?.link)
        manifest.sets = []
        manifest.databases[0].objects = [
            ManifestObject(key: key, content: .tables, plain: stored, stored: stored)
        ]
        manifest.databases[0].tables = []
        let document = try SignedDocument(manifest.json, with: repository.signer)
        try await repository.repository.create(id.manifestKey, document.bytes)
        guard let level else { return id }
        let record = VerificationRecord(
            manifest: ManifestLink(id: id, sha256: document.sha256), level: level, time: id.time,
            host: "test@test", version: "test", objects: 1, bytes: stored.size, problems: [])
        try await repository.repository.create(
            id.recordKey(level), SignedDocument(record.json, with: repository.signer).bytes)
        return id
    }

    private func pruning(_ repository: TestRepository, last: Int = 1, minimum: Int = 1)
        -> SnapshotPruning
    {
        var pruning = SnapshotPruning(
            repository: repository.repository, signer: repository.signer,
            policy: RetentionPolicy(last: last, minimum: minimum))
        pruning.now = Self.now
        return pruning
    }

    private func ids(_ repository: TestRepository) async throws -> [SnapshotID] {
        try await repository.catalogue().entries.map(\.manifest.id)
    }

    @Test("only what was read to its end counts, and never fewer good ones than the minimum stay")
    func counts() async throws {
        try await withDirectory { root in
            let repository = TestRepository(root)
            let good = try await make(9, .readable, in: repository)
            let old = try await make(8, .stored, in: repository)
            let restored = try await make(7, .restored, in: repository)
            let newest = try await make(1, .stored, in: repository)
            let two = pruning(repository, last: 1, minimum: 2)
            var plan = try await two.plan(trusting: repository.trusted)
            // One of them is good but for the minimum; one is newer than all that is good.
            #expect(plan.removed.map(\.id) == [old])
            #expect(plan.retention.kept.map(\.id) == [newest, restored, good])
            let outcome = try await two.apply(plan)
            #expect(outcome.objects == 3 && outcome.retained.isEmpty)
            #expect(try await ids(repository) == [good, restored, newest])
            #expect(try await repository.catalogue().problems.isEmpty)
            // Again there is nothing to do.
            plan = try await two.plan(trusting: repository.trusted)
            #expect(plan.isEmpty)
            let one = pruning(repository)
            _ = try await one.apply(try await one.plan(trusting: repository.trusted))
            #expect(try await ids(repository) == [restored, newest])
        }
    }

    @Test("where nothing is good nothing goes")
    func nothingGood() async throws {
        try await withDirectory { root in
            let repository = TestRepository(root)
            for day in 1...4 { try await make(10 - day, .stored, in: repository) }
            let plan = try await pruning(repository).plan(trusting: repository.trusted)
            #expect(plan.isEmpty)
            // Nor where no signature counts.
            let strange = try await pruning(repository).plan(trusting: [SigningKey().publicKey])
            #expect(strange.isEmpty)
        }
    }

    @Test("a run that was killed at any step is finished by the next", arguments: 0...3)
    func killed(_ steps: Int) async throws {
        try await withDirectory { root in
            let repository = TestRepository(root)
            let old = try await make(9, .readable, in: repository)
            let new = try await make(1, .readable, in: repository)
            var pruning = pruning(repository)
            let plan = try await pruning.plan(trusting: repository.trusted)
            #expect(plan.removed.map(\.id) == [old])
            pruning.repository = FailingRepository(repository.repository, after: steps)
            await #expect(throws: (any Error).self) { try await pruning.apply(plan) }
            // What was named is offered to nobody any more.
            if steps > 0 { #expect(try await ids(repository) == [new]) }
            pruning.repository = repository.repository
            _ = try await pruning.apply(try await pruning.plan(trusting: repository.trusted))
            #expect(try await ids(repository) == [new])
            #expect(try await repository.catalogue().problems.isEmpty)
            #expect(try await repository.repository.list("snapshots/\(old)/").isEmpty)
        }
    }

    @Test("what is being written or read stays, however old it looks")
    func leased() async throws {
        try await withDirectory { root in
            let repository = TestRepository(root)
            let read = try await make(9, .readable, in: repository)
            let new = try await make(1, .readable, in: repository)
            let written = SnapshotID()
            let abandoned = SnapshotID()
            for id in [written, abandoned] {
                _ = try await repository.repository.put(
                    id.key("payments/rest.dump.zst.age"), Pieces([[1, 2, 3]]))
            }
            var pruning = pruning(repository)
            // Objects are as old as their files.
            pruning.now = Timestamp(seconds: Timestamp.now.seconds + 2 * 86_400)
            let until = Timestamp(seconds: pruning.now.seconds + 600)
            for id in [read, written] {
                let lease = Lease(snapshot: id, holder: "test", purpose: "test", until: until)
                let key = try #require(ObjectKey("leases/\(id)-\(SnapshotID()).json"))
                try await repository.repository.create(key, Array("\(lease.json.line)\n".utf8))
            }
            let plan = try await pruning.plan(trusting: repository.trusted)
            #expect(plan.removed.isEmpty)
            #expect(plan.orphans.map(\.key) == [abandoned.key("payments/rest.dump.zst.age")])
            _ = try await pruning.apply(plan)
            #expect(try await ids(repository) == [read, new])
            #expect(try await repository.repository.list("snapshots/\(written)/").count == 1)
            // Its lease over, it is debris like any other.
            pruning.now = Timestamp(seconds: until.seconds + 1)
            let later = try await pruning.plan(trusting: repository.trusted)
            #expect(later.removed.map(\.id) == [read])
            #expect(later.orphans.count == 1 && later.expiredLeases.count == 2)
            _ = try await pruning.apply(later)
            #expect(try await repository.repository.list("leases/").isEmpty)
        }
    }

    @Test("what the store keeps is told, and is no snapshot in pieces")
    func retained() async throws {
        try await withDirectory { root in
            let repository = TestRepository(root)
            let old = try await make(9, .readable, in: repository)
            let new = try await make(1, .readable, in: repository)
            var pruning = pruning(repository)
            pruning.lock = .seconds(30 * 86_400)
            #expect(try await pruning.plan(trusting: repository.trusted).removed.isEmpty)
            pruning.lock = nil
            // Longer than anybody here knows of.
            pruning.repository = LockedRepository(repository.repository, old.manifestKey)
            let outcome = try await pruning.apply(
                try await pruning.plan(trusting: repository.trusted))
            #expect(outcome.retained == [old.manifestKey] && outcome.objects == 0)
            #expect(try await repository.repository.list("snapshots/\(old)/").count == 3)
            #expect(try await ids(repository) == [new])
        }
    }
}
