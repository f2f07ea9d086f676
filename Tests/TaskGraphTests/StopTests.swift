import TaskGraph
import Testing

@Suite struct StopTests {
    private let tasks = [
        task("a"), task("b", after: ["a"]), task("c"), task("d", after: ["c"]), task("e"),
    ]

    private func options(limit: Int = 2) -> (RunOptions, ManualClock) {
        let clock = ManualClock()
        var options = RunOptions()
        options.clock = clock
        options.limit = limit
        options.grace = .seconds(10)
        return (options, clock)
    }

    @Test func `a gentle stop starts nothing new and lets what runs end`() async throws {
        let (options, _) = options()
        let stage = Stage()
        let graph = try Graph(checking: tasks)
        async let running = graph.play(on: stage, options)
        _ = await stage.whenStarted(2)
        options.stop.stopGently()
        stage.finish("a", .changed)
        stage.fail("c")
        let result = await running
        #expect(
            result.endings == [
                "a": "changed", "b": "not started: stopped", "c": "failed",
                "d": "pruned by c", "e": "not started: stopped",
            ])
        #expect(result.summary.stop == .gentle)
        #expect(Set(stage.started) == ["a", "c"])
    }

    @Test func `a gentle stop becomes a cut when its time is over`() async throws {
        let (options, clock) = options()
        let stage = Stage()
        let graph = try Graph(checking: tasks)
        async let running = graph.play(on: stage, options)
        _ = await stage.whenStarted(2)
        options.stop.stopGently()
        await clock.whenAsleep()
        clock.advance(by: .seconds(9))
        stage.finish("a")
        clock.advance(by: .seconds(1))
        let result = await running
        #expect(
            result.endings == [
                "a": "unchanged", "b": "not started: stopped", "c": "cancelled",
                "d": "not started: stopped", "e": "not started: stopped",
            ])
        #expect(result.summary.stop == .now)
    }

    @Test func `a stop now cancels what runs, also after a gentle one`() async throws {
        for isGentleBefore in [false, true] {
            let (options, clock) = options()
            let stage = Stage()
            let graph = try Graph(checking: tasks)
            async let running = graph.play(on: stage, options)
            _ = await stage.whenStarted(2)
            if isGentleBefore {
                options.stop.stopGently()
                await clock.whenAsleep()
            }
            options.stop.stopNow()
            let result = await running
            #expect(result.summary[.cancelled] == 2)
            #expect(result.summary[.notStarted] == 3)
            #expect(result.summary.stop == .now)
        }
    }

    @Test func `cancelling the caller is a stop now, and its story is told to the end`()
        async throws
    {
        let (options, _) = options()
        let stage = Stage()
        let graph = try Graph(checking: tasks)
        let events = Log<String>()
        let running = Task {
            await graph.play(on: stage, options) { event in
                if case .taskFinished(let report) = event { events.add(report.id.rawValue) }
                if case .runFinished = event { events.add("end") }
            }
        }
        _ = await stage.whenStarted(2)
        running.cancel()
        let result = await running.value
        #expect(result.summary[.cancelled] == 2)
        #expect(result.summary[.notStarted] == 3)
        #expect(Set(events.entries) == ["a", "b", "c", "d", "e", "end"])
        #expect(events.entries.last == "end")
    }

    @Test func `a signal that rose before the run lets nothing start`() async throws {
        for level in [StopSignal.Level.gentle, .now] {
            let (options, _) = options()
            if level == .gentle { options.stop.stopGently() } else { options.stop.stopNow() }
            let stage = Stage()
            let result = try await Graph(checking: tasks).play(on: stage, options)
            #expect(result.summary[.notStarted] == 5)
            #expect(stage.started.isEmpty)
        }
    }

    @Test func `a task between two attempts is not tried again, and has failed`() async throws {
        let (options, clock) = options()
        let stage = Stage()
        let retry = RetryPolicy(attempts: 5, initial: .seconds(60))
        let graph = try Graph(checking: [task("a", retry: retry), task("b", after: ["a"])])
        stage.fail("a")
        async let running = graph.play(on: stage, options)
        await clock.whenAsleep()
        options.stop.stopGently()
        let result = await running
        #expect(result.endings == ["a": "failed", "b": "pruned by a"])
        #expect(stage.started == ["a"])
    }

    @Test func `a performer with several steps sees that it should end`() async throws {
        let (options, _) = options()
        let graph = try Graph(checking: [task("a")])
        let result: RunResult<String> = await graph.run(options) { _, context in
            #expect(!context.isStopping)
            options.stop.stopGently()
            #expect(context.isStopping)
            return TaskOutcome(.changed, outputs: "first step")
        }
        #expect(result.outputs(of: "a") == "first step")
    }

    @Test func `work that gets through although it was cut counts as done`() async throws {
        let (options, _) = options()
        let graph = try Graph(checking: [task("a"), task("b", after: ["a"])])
        let result: RunResult<String> = await graph.run(options) { _, _ in
            options.stop.stopNow()
            await untilCancelled()
            return TaskOutcome(.changed)
        }
        #expect(result.endings == ["a": "changed", "b": "not started: stopped"])
    }

    @Test func `a run that is stopped now ends without work that does not answer`() async throws {
        let (options, clock) = options()
        let graph = try Graph(checking: [task("a"), task("b", after: ["a"])])
        let deaf = Deaf()
        async let running: RunResult<String> = graph.run(options) { _, _ in await deaf.perform() }
        await deaf.whenStarted()
        options.stop.stopNow()
        await clock.whenAsleep()
        clock.advance(by: options.patience)
        let result = await running
        #expect(result.endings == ["a": "cancelled", "b": "not started: stopped"])
        #expect(result["a"]?.finished == options.patience)
        #expect(result.outputs(of: "a") == nil)
        deaf.finish()
    }

    @Test func `work that answers in time is told as what it came to`() async throws {
        let (options, clock) = options()
        let graph = try Graph(checking: [task("a"), task("b", after: ["a"])])
        let deaf = Deaf()
        async let running: RunResult<String> = graph.run(options) { _, _ in await deaf.perform() }
        await deaf.whenStarted()
        options.stop.stopNow()
        await clock.whenAsleep()
        deaf.finish()
        let result = await running
        #expect(result.endings == ["a": "changed", "b": "not started: stopped"])
        #expect(result.outputs(of: "a") == "late")
    }

    @Test func `waiting for a signal ends when it rises, or when the waiting is cancelled`() async {
        let signal = StopSignal()
        let waiting = Task { await signal.wait(past: .gentle) }
        let cancelled = Task { await signal.wait(past: .running) }
        cancelled.cancel()
        #expect(await cancelled.value == .running)
        signal.stopGently()
        #expect(await signal.wait(past: .running) == .gentle)
        signal.stopNow()
        #expect(await waiting.value == .now)
        signal.stopGently()
        #expect(signal.level == .now)
    }
}
