import Testing
import Vocabulary

@testable import TaskGraph

@Suite struct RetryTests {
    private let policy = RetryPolicy(
        attempts: 4, initial: .seconds(1), factor: 3, longest: .seconds(5), jitter: 0)

    @Test func `waits grow by the factor up to the longest, and end with the attempts`() {
        var random = SeededGenerator(seed: 1)
        let waits = (1...4).map { policy.delay(afterAttempt: $0, using: &random) }
        #expect(waits == [.seconds(1), .seconds(3), .seconds(5), nil])
        var endless = policy
        endless.attempts = .max
        #expect(endless.delay(afterAttempt: 1_000_000, using: &random) == .seconds(5))
    }

    @Test func `jitter only shortens, by its share at most, and follows from the seed`() {
        var jittered = policy
        jittered.jitter = 0.5
        let waits = (0..<200 as Range<UInt64>).compactMap { seed -> Duration? in
            var random = SeededGenerator(seed: seed)
            var again = SeededGenerator(seed: seed)
            let wait = jittered.delay(afterAttempt: 2, using: &random)
            #expect(wait == jittered.delay(afterAttempt: 2, using: &again))
            return wait
        }
        #expect(waits.allSatisfy { (.milliseconds(1500)...(.seconds(3))).contains($0) })
        #expect(Set(waits).count > 150)
    }

    @Test func `a failed task is tried again after its wait, until it succeeds`() async throws {
        let clock = ManualClock()
        var options = RunOptions()
        options.clock = clock
        let graph = try Graph(checking: [task("a", retry: policy), task("b", after: ["a"])])
        let events = Log<String>()
        let attempts = Log<Int>()
        async let running: RunResult<String> = graph.run(
            options,
            events: { event in
                guard case .taskRetrying(let id, _, _, let attempt, let wait) = event else {
                    return
                }
                events.add("\(id) again as \(attempt) in \(wait)")
            }
        ) { task, context in
            guard task.id == "a" else { return TaskOutcome(.unchanged) }
            attempts.add(context.attempt)
            if context.attempt < 3 { throw Broken() }
            return TaskOutcome(.changed)
        }
        await clock.whenAsleep()
        clock.advance(by: .milliseconds(999))
        #expect(attempts.entries == [1])
        clock.advance(by: .milliseconds(1))
        await clock.whenAsleep()
        clock.advance(by: .seconds(3))
        let result = await running
        #expect(result.endings == ["a": "changed", "b": "unchanged"])
        #expect(result["a"]?.attempts == 3)
        #expect(result["a"]?.finished == .seconds(4))
        #expect(attempts.entries == [1, 2, 3])
        #expect(events.entries == ["a again as 2 in 1.0 seconds", "a again as 3 in 3.0 seconds"])
    }

    @Test func `the last failure stands when no attempt is left`() async throws {
        let clock = ManualClock()
        var options = RunOptions()
        options.clock = clock
        let graph = try Graph(checking: [task("a", retry: policy), task("b", after: ["a"])])
        let sealed = options
        let result = await clock.driving {
            await graph.run(sealed) { _, _ -> TaskOutcome<String> in throw Broken() }
        }
        #expect(result.endings == ["a": "failed", "b": "pruned by a"])
        #expect(result["a"]?.attempts == 4)
    }

    @Test func `while it waits others use its slot and its semaphore`() async throws {
        let clock = ManualClock()
        var options = RunOptions()
        options.clock = clock
        options.limit = 1
        let graph = try Graph(checking: [
            task("a", host: "h", semaphores: ["s"], retry: policy),
            task("b", host: "h", semaphores: ["s"]),
        ])
        let stage = Stage()
        stage.fail("a")
        async let running = graph.play(on: stage, options)
        #expect(await stage.whenStarted(2) == ["a", "b"])
        await clock.whenAsleep()
        stage.finish("b")
        stage.finish("a")
        clock.advance(by: .seconds(1))
        let result = await running
        #expect(stage.started == ["a", "b", "a"])
        #expect(result.isGood)
    }

    @Test func `what no repetition mends is not repeated`() async throws {
        var options = RunOptions()
        options.isWorthRetrying = { !($0 is Broken) }
        let graph = try Graph(checking: [task("a", retry: policy)])
        let stage = Stage()
        stage.fail("a")
        let result = await graph.play(on: stage, options)
        #expect(result["a"]?.attempts == 1)
        #expect(result.endings == ["a": "failed"])
    }
}
