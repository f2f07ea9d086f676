import Testing
import Vocabulary

@testable import Record

/// Records that were changed after they were written are found out.
@Suite struct ChainTests {
    /// A store with three runs: one with changes, one without, one with changes.
    private func store() async throws -> (HeldStore, [RunID]) {
        let store = HeldStore()
        await store.letGo()
        var runs: [RunID] = []
        for hour in 0..<3 {
            let moment = Timestamp(seconds: 1_800_000_000 + hour * 3600)
            let recorder = RecorderTests.recorder(store, at: moment)
            if hour != 1 {
                let number = try await recorder.willChange(RecorderTests.intent("a"))
                try await recorder.didChange(number, .changed)
            }
            try await recorder.end(RecorderTests.done, tasks: [])
            runs.append(recorder.run)
        }
        return (store, runs)
    }

    private func piece(_ run: RunID, _ number: Int, _ folder: RunFolder = .runs) -> StateKey {
        folder.key(run, number)
    }

    @Test func `any byte that is changed is found`() async throws {
        let (store, runs) = try await store()
        let keys = await store.keys(withPrefix: "")
        var random = SeededGenerator(seed: 31)
        for key in keys where key != piece(runs[2], 3) {
            let bytes = try #require(try await store.read(key)?.bytes)
            for _ in 0..<10 {
                var other = bytes
                let place = Int.random(in: other.indices, using: &random)
                other[place] ^= UInt8.random(in: 1...255, using: &random)
                await store.put(key, other)
                let result = try await ChainCheck(store).check()
                #expect(result.damage.contains { $0.place == key.path }, "\(key) at \(place)")
            }
            await store.put(key, bytes)
        }
        #expect(try await ChainCheck(store).check().damage == [])
    }

    @Test func `a piece that is missing, and a run, are found and named once`() async throws {
        let (store, runs) = try await store()
        for key in [piece(runs[0], 1), piece(runs[0], 2), piece(runs[0], 3), piece(runs[2], 2)] {
            let bytes = try await store.read(key)?.bytes
            await store.put(key, nil)
            let damage = try await ChainCheck(store).check().damage
            #expect(damage.map(\.place) == [key.path], "\(damage)")
            #expect(damage.first?.message.hasPrefix("it is missing") == true)
            await store.put(key, bytes)
        }
        let quiet = piece(runs[1], 1, .quiet)
        await store.put(quiet, nil)
        #expect(try await ChainCheck(store).check().damage.map(\.place) == [quiet.path])
    }

    @Test func `one run is checked with what it names and what names it`() async throws {
        let (store, runs) = try await store()
        await store.put(piece(runs[0], 2), Array("x\n".utf8))
        #expect(try await ChainCheck(store).check(only: runs[0]).damage.count == 1)
        #expect(try await ChainCheck(store).check(only: runs[2]).damage == [])
        await store.put(piece(runs[0], 3), Array("x\n".utf8))
        // It names the end of the first run.
        #expect(try await ChainCheck(store).check(only: runs[2]).damage.count == 1)
    }

    @Test func `a piece of another run, or with another number, is none of this one`()
        async throws
    {
        let (store, runs) = try await store()
        let other = try #require(try await store.read(piece(runs[2], 2))?.bytes)
        await store.put(piece(runs[0], 2), other)
        let damage = try await ChainCheck(store).check().damage
        #expect(damage.first?.message == "it is piece 2 of \(runs[2])")
    }

    @Test func `runs that went because they were old are not missed`() async throws {
        let store = HeldStore()
        await store.letGo()
        let few = Retention(
            runs: .init(most: 3, days: 100_000, least: 1),
            quiet: .init(most: 2, days: 100_000, least: 1))
        for hour in 0..<12 {
            let recorder = RecorderTests.recorder(
                store, at: Timestamp(seconds: 1_800_000_000 + hour * 3600), retention: few)
            if hour % 2 == 0 {
                let number = try await recorder.willChange(RecorderTests.intent("a"))
                try await recorder.didChange(number, .changed)
            }
            try await recorder.end(RecorderTests.done, tasks: [])
            try await recorder.prune()
            #expect(try await ChainCheck(store).check().damage == [], "after \(hour)")
        }
        // Those that are kept, and the one that has just ended.
        #expect(await store.folders(in: "runs/").count == 3)
        #expect(await store.folders(in: "quiet/").count == 3)
        // But one that went for another reason is.
        let kept = await store.folders(in: "runs/")
        for key in await store.keys(withPrefix: "runs/\(kept[1])/") { await store.put(key, nil) }
        #expect(try await ChainCheck(store).check().damage.count == 1)
    }

    @Test func `what is too old or too much goes, and a few always stay`() {
        let now = Timestamp(seconds: 1_800_000_000)
        func runs(daysAgo: [Int]) -> [RunID] {
            daysAgo.map { RunID(at: Timestamp(seconds: now.seconds - $0 * 86400 - 1)) }
        }
        let limit = Retention.Limit(most: 4, days: 10, least: 2)
        #expect(limit.expired(runs(daysAgo: []), at: now) == 0)
        #expect(limit.expired(runs(daysAgo: [9, 5, 1]), at: now) == 0)
        // Eleven days before the newest but one, and not yet ten.
        #expect(limit.expired(runs(daysAgo: [16, 15, 5, 1]), at: now) == 1)
        #expect(limit.expired(runs(daysAgo: [30, 20, 1, 0]), at: now) == 2)
        #expect(limit.expired(runs(daysAgo: [40, 30]), at: now) == 0)
        #expect(limit.expired(runs(daysAgo: [6, 5, 4, 3, 2, 1]), at: now) == 2)
    }

    @Test func `a clock that jumps ahead for one run removes nothing`() async throws {
        let store = HeldStore()
        await store.letGo()
        let limit = Retention.Limit(most: 100, days: 10, least: 3)
        let retention = Retention(runs: limit, quiet: limit)
        let now = Timestamp.now
        func run(daysAgo: Int) async throws {
            let recorder = RecorderTests.recorder(
                store, at: Timestamp(seconds: now.seconds - daysAgo * 86400), retention: retention)
            try await recorder.end(RecorderTests.done, tasks: [])
            try await recorder.prune()
        }
        // As it is found by a clock that is a year ahead of all of these.
        for day in (1...5).reversed() { try await run(daysAgo: 365 + day) }
        try await run(daysAgo: 0)
        #expect(await store.folders(in: "quiet/").count == 6)
        // Where runs go on at that time, it is the time.
        for _ in 0..<3 { try await run(daysAgo: 0) }
        #expect(await store.folders(in: "quiet/").count == 4)
        #expect(try await ChainCheck(store).check().damage == [])
    }
}
