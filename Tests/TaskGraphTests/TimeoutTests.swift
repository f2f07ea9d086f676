import TaskGraph
import Testing

@Suite struct TimeoutTests {
    @Test func `a task that takes too long is cut and has failed`() async throws {
        let clock = ManualClock()
        var options = RunOptions()
        options.clock = clock
        let graph = try Graph(checking: [
            task("a", host: "app-1", timeout: .seconds(30)), task("b", after: ["a"]),
        ])
        let stage = Stage()
        async let running = graph.play(on: stage, options)
        await clock.whenAsleep()
        _ = await stage.whenStarted(1)
        clock.advance(by: .seconds(30))
        let result = await running
        #expect(result.endings == ["a": "failed", "b": "pruned by a"])
        let diagnostic = try #require(result["a"]?.diagnostics.first)
        #expect(diagnostic.code == .attemptTimedOut)
        #expect(diagnostic.message == "the task was not through after 30 s")
        #expect(diagnostic.subject == "host app-1, task a")
    }

    @Test func `a task within its time is not held up by its alarm`() async throws {
        var options = RunOptions()
        options.clock = ManualClock()
        let graph = try Graph(checking: [task("a", timeout: .seconds(30))])
        let stage = Stage()
        stage.finish("a", .changed)
        let result = await graph.play(on: stage, options)
        #expect(result.endings == ["a": "changed"])
    }

    @Test func `a failure within the time is that failure`() async throws {
        var options = RunOptions()
        options.clock = ManualClock()
        let graph = try Graph(checking: [task("a", timeout: .seconds(30))])
        let stage = Stage()
        stage.fail("a")
        let result = await graph.play(on: stage, options)
        guard case .failed(.performing(let error)) = result["a"]?.status else {
            Issue.record("not a failure of the performer")
            return
        }
        #expect(error is Broken)
    }

    @Test func `work that gets through although it was cut counts as done`() async throws {
        let clock = ManualClock()
        var options = RunOptions()
        options.clock = clock
        let graph = try Graph(checking: [task("a", timeout: .seconds(1))])
        let result: RunResult<String> = await graph.run(options) { _, _ in
            await clock.whenAsleep()
            clock.advance(by: .seconds(1))
            await untilCancelled()
            return TaskOutcome(.changed)
        }
        #expect(result.endings == ["a": "changed"])
    }

    @Test func `each attempt has the whole time`() async throws {
        let clock = ManualClock()
        var options = RunOptions()
        options.clock = clock
        let graph = try Graph(checking: [
            task(
                "a", retry: RetryPolicy(attempts: 3, initial: .seconds(1), factor: 1, jitter: 0),
                timeout: .seconds(10))
        ])
        let sealed = options
        let result = await clock.driving {
            await graph.run(sealed) { _, _ -> TaskOutcome<String> in
                await untilCancelled()
                throw CancellationError()
            }
        }
        #expect(result.endings == ["a": "failed"])
        #expect(result["a"]?.attempts == 3)
        #expect(result["a"]?.finished == .seconds(32))
    }
}
