import Backup
import Lab
import RepositoryConformance
import Testing
import Vocabulary

@Suite struct RetentionTests {
    private static let now = Timestamp("2026-11-30T12:00:00Z") ?? .now

    /// One each night at 02:00, so many days ago.
    private func nightly(
        _ days: some Sequence<Int>, level: VerificationLevel? = .readable
    ) -> [RetentionPlan.Candidate] {
        days.map { day in
            let night = Timestamp(seconds: Self.now.seconds - day * 86_400 - 36_000)
            return .init(id: SnapshotID(at: night), contents: ["db"], level: level)
        }
    }

    private func days(_ plan: RetentionPlan) -> [Int] {
        plan.kept.map { (Self.now.seconds - $0.id.time.seconds) / 86_400 }
    }

    @Test func `days, weeks and months keep the newest of each`() {
        let plan = RetentionPlan(
            of: nightly(0..<400),
            under: RetentionPolicy(last: 2, daily: 7, weekly: 4, monthly: 12), at: Self.now)
        // The 30th of November is a Monday: weeks end on the 30th, 29th, 22nd and 15th.
        #expect(
            days(plan)
                == [
                    0, 1, 2, 3, 4, 5, 6, 8, 15, 30, 61, 91, 122, 153, 183, 214, 244, 275, 303, 334,
                ].filter { $0 <= 334 })
        #expect(plan.kept.first?.reasons == [.last, .daily, .weekly, .monthly, .minimum])
        #expect(plan.removed.count == 400 - plan.kept.count)
        #expect(plan.removed == plan.removed.sorted())
    }

    @Test func `what was not proven readable counts for nothing`() {
        let policy = RetentionPolicy(last: 3, minimum: 1)
        let candidates =
            nightly(0..<3, level: .stored) + nightly(3..<4, level: nil) + nightly(4..<10)
            + nightly(10..<12, level: .stored) + nightly(12..<13)
        let plan = RetentionPlan(of: candidates, under: policy, at: Self.now)
        // The newer ones wait for their proof; the older ones have had their time.
        #expect(days(plan) == [0, 1, 2, 3, 4, 5, 6])
        #expect(plan.kept[0].reasons == [.unproven])
        let none = RetentionPlan(of: nightly(0..<9, level: .stored), under: policy, at: Self.now)
        #expect(none.removed == [])
    }

    @Test func `leased and retained ones stay, and no policy removes nothing`() {
        var candidates = nightly(0..<10)
        candidates[7].isLeased = true
        candidates[8].retainedUntil = Timestamp(seconds: Self.now.seconds + 1)
        candidates[9].retainedUntil = Self.now
        let plan = RetentionPlan(
            of: candidates, under: RetentionPolicy(last: 2), at: Self.now)
        #expect(days(plan) == [0, 1, 7, 8])
        #expect(plan.kept[2].reasons == [.leased] && plan.kept[3].reasons == [.retained])
        #expect(
            RetentionPlan(of: candidates, under: RetentionPolicy(minimum: 1), at: Self.now).removed
                == [])
    }

    @Test func `each database is counted for itself`() {
        var candidates = nightly(0..<10)
        candidates[8].contents = ["ledger"]
        candidates[9].contents = ["ledger", "db"]
        let plan = RetentionPlan(
            of: candidates, under: RetentionPolicy(last: 1, minimum: 2), at: Self.now)
        #expect(days(plan) == [0, 1, 8, 9])
    }

    @Test func `whatever the snapshots are, the promises hold`() {
        var random = SeededGenerator(seed: 77)
        let count = Slice.isLong ? 20_000 : 600
        for _ in 0..<count {
            let candidates = self.candidates(&random)
            let policy = RetentionPolicy(
                last: .random(in: 0...5, using: &random), daily: .random(in: 0...9, using: &random),
                weekly: .random(in: 0...5, using: &random),
                monthly: .random(in: 0...5, using: &random),
                minimum: .random(in: 0...4, using: &random))
            let plan = RetentionPlan(of: candidates, under: policy, at: Self.now)
            check(plan, of: candidates, under: policy)
        }
        print("retention: \(count) random repositories")
    }

    private func candidates(_ random: inout SeededGenerator) -> [RetentionPlan.Candidate] {
        var candidates = nightly(0..<Int.random(in: 0...60, using: &random))
        for index in candidates.indices {
            let id = candidates[index].id.time.seconds
            candidates[index].id = SnapshotID(
                at: Timestamp(seconds: id - Int.random(in: 0...500_000, using: &random)))
            candidates[index].level =
                [nil, .stored, .readable, .restored].randomElement(using: &random) ?? nil
            candidates[index].contents = Set(
                ["a", "b", "c"].shuffled(using: &random).prefix(.random(in: 1...3, using: &random)))
            candidates[index].isLeased = Int.random(in: 0..<12, using: &random) == 0
            if Int.random(in: 0..<12, using: &random) == 0 {
                candidates[index].retainedUntil = Timestamp(
                    seconds: Self.now.seconds + Int.random(in: -9...9, using: &random))
            }
        }
        return candidates.shuffled(using: &random)
    }

    private func check(
        _ plan: RetentionPlan, of candidates: [RetentionPlan.Candidate],
        under policy: RetentionPolicy
    ) {
        let kept = Set(plan.kept.map(\.id))
        #expect(kept.isDisjoint(with: plan.removed))
        #expect(kept.union(plan.removed) == Set(candidates.map(\.id)))
        #expect(plan.kept.allSatisfy { !$0.reasons.isEmpty })
        let rest = candidates.filter { kept.contains($0.id) }
        for candidate in candidates where !kept.contains(candidate.id) {
            #expect(!candidate.isLeased)
            #expect(candidate.retainedUntil.map { $0 <= Self.now } ?? true)
        }
        for name in ["a", "b", "c"] {
            func good(_ all: [RetentionPlan.Candidate]) -> [SnapshotID] {
                all.filter { $0.contents.contains(name) && ($0.level ?? .stored) >= .readable }
                    .map(\.id).sorted().reversed()
            }
            let (before, after) = (good(candidates), good(rest))
            #expect(after.count >= min(before.count, policy.minimum))
            if !policy.isEmpty {
                // The newest good one is never the one that goes.
                #expect(policy.minimum == 0 || before.first == after.first)
                #expect(
                    before.prefix(policy.last).elementsEqual(
                        after.prefix(min(before.count, policy.last))))
            }
        }
        // Neither the order they come in nor a second run changes anything.
        #expect(RetentionPlan(of: candidates.reversed(), under: policy, at: Self.now) == plan)
        #expect(RetentionPlan(of: rest, under: policy, at: Self.now).removed == [])
    }

    @Test func `debris goes when it is a day old and no live lease covers it`() throws {
        let id = SnapshotID(at: Timestamp(seconds: Self.now.seconds - 200_000))
        func debris(_ age: Int, _ path: String) throws -> Debris {
            Debris(
                key: try key(path), size: 1, modified: Timestamp(seconds: Self.now.seconds - age),
                token: "x")
        }
        func lease(_ until: Int, _ id: SnapshotID) -> Lease {
            Lease(
                snapshot: id, holder: "ops@a", purpose: "create",
                until: Timestamp(seconds: Self.now.seconds + until))
        }
        let inside = "snapshots/\(id)/db/tables/0001.dump.zst.age"
        let free = DebrisRule(leases: [], at: Self.now)
        #expect(!free.allowsRemoval(of: try debris(86_400, inside)))
        #expect(free.allowsRemoval(of: try debris(86_401, inside)))
        #expect(!free.allowsRemoval(of: try debris(-9_000_000, inside)))
        let leased = DebrisRule(leases: [lease(1, id)], at: Self.now)
        #expect(!leased.allowsRemoval(of: try debris(500_000, inside)))
        #expect(!leased.allowsRemoval(of: try debris(500_000, "snapshots/\(id)/manifest.json")))
        #expect(leased.allowsRemoval(of: try debris(500_000, "snapshots/\(Samples.id(0))/x")))
        let expired = DebrisRule(leases: [lease(0, id)], at: Self.now)
        #expect(expired.allowsRemoval(of: try debris(500_000, inside)))
    }
}
