import TaskGraph
import Testing

@Suite struct RunTests {
    @Test func `a failure prunes what depends on it and nothing else`() async throws {
        let graph = try Graph(checking: [
            task("a"), task("b", after: ["a"]), task("c", after: ["b"]),
            task("aside"), task("behind", after: ["aside"]),
        ])
        let stage = Stage()
        stage.fail("a")
        stage.finish("aside", .changed)
        stage.finish("behind")
        let result = await graph.play(on: stage)
        #expect(
            result.endings == [
                "a": "failed", "b": "pruned by a", "c": "pruned by a",
                "aside": "changed", "behind": "unchanged",
            ])
        #expect(result.failed.map(\.id) == ["a"])
        #expect(result.summary[.pruned] == 2)
        #expect(!result.isGood)
    }

    @Test func `of several failures the first in order is the root`() async throws {
        let graph = try Graph(checking: [
            task("late", after: ["start"]), task("early"), task("start"),
            task("end", after: ["late", "early"]),
        ])
        for order in [["early", "late"], ["late", "early"]] as [[TaskID]] {
            let stage = Stage()
            stage.finish("start")
            async let running = graph.play(on: stage)
            _ = await stage.whenStarted(3)
            for id in order { stage.fail(id) }
            let result = await running
            #expect(result.endings["end"] == "pruned by early")
        }
    }

    @Test func `a skipped task prunes nothing`() async throws {
        let graph = try Graph(checking: [task("a"), task("b", after: ["a"])])
        let stage = Stage()
        stage.finish("a", .skipped("`when` is false"))
        stage.finish("b")
        let result = await graph.play(on: stage)
        #expect(result.endings == ["a": "skipped", "b": "unchanged"])
        #expect(result.isGood)
    }

    @Test func `a task uses the outputs of what it depends on, on any host`() async throws {
        let graph = try Graph(checking: [
            task("control/join-token", host: "control"), task("other", host: "w-1"),
            task("w-1/join", host: "w-1", after: ["control/join-token"]),
        ])
        let result: RunResult<String> = await graph.run { task, context in
            if task.id == "w-1/join" {
                let token = context.outputs["control/join-token"] ?? "none"
                let others = context.outputs.count - 1
                return TaskOutcome(.changed, outputs: "joined with \(token), \(others) others")
            }
            return TaskOutcome(.unchanged, outputs: "token of \(task.id)")
        }
        #expect(
            result.outputs(of: "w-1/join")
                == "joined with token of control/join-token, 0 others")
    }

    @Test func `a task sees what changed before it, directly or further back`() async throws {
        let graph = try Graph(checking: [
            task("config"), task("same"), task("unit", after: ["config", "same"]),
            task("restart", after: ["unit"]), task("aside", after: ["same"]),
        ])
        let seen = Log<String>()
        let _: RunResult<String> = await graph.run { task, context in
            let all = context.changedDependencies.map(\.rawValue)
            let direct = context.changedDirectDependencies.map(\.rawValue)
            #expect(context.hasChangedDependency == !all.isEmpty)
            seen.add("\(task.id): \(direct) of \(all)")
            return TaskOutcome(task.id == "config" ? .changed : .unchanged)
        }
        #expect(
            Set(seen.entries) == [
                "config: [] of []", "same: [] of []", "unit: [\"config\"] of [\"config\"]",
                "restart: [] of [\"config\"]", "aside: [] of []",
            ])
    }

    @Test func `what changed is seen through tasks that a filter left out`() async throws {
        let graph = try Graph(checking: [
            task("a"), task("b", after: ["a"]), task("c", after: ["b"]),
        ]).filtered { $0.id != "b" }
        let seen = Log<[TaskID]>()
        let _: RunResult<String> = await graph.run { task, context in
            #expect(context.hasChangedDependency == (task.id == "c"))
            seen.add(context.changedDependencies)
            return TaskOutcome(.changed)
        }
        #expect(seen.entries == [[], ["a"]])
    }

    @Test func `two thousand tasks can be under way at the same time`() async throws {
        let graph = try Graph(
            checking: (0..<2000).map { task(TaskID("t\($0)"), host: "h\($0)") })
        var options = RunOptions()
        options.limit = 2000
        let stage = Stage()
        async let running = graph.play(on: stage, options)
        let started = await stage.whenStarted(2000)
        #expect(Set(started).count == 2000)
        for id in started { stage.finish(id, .changed) }
        let result = await running
        #expect(result.summary[.changed] == 2000)
    }

    @Test func `a report tells changes, attempts and times`() async throws {
        let clock = ManualClock()
        var options = RunOptions()
        options.clock = clock
        let graph = try Graph(checking: [task("a", host: "app-1")])
        let change = Change(.update, "mode", before: "0600", after: "0644")
        let result: RunResult<String> = await graph.run(options) { _, _ in
            clock.advance(by: .seconds(3))
            return TaskOutcome(changes: [change])
        }
        let report = try #require(result["a"])
        #expect(report.changes == [change])
        #expect(report.status.kind == .changed)
        #expect(report.attempts == 1)
        #expect(report.started == .zero)
        #expect(report.finished == .seconds(3))
        #expect(result.summary.duration == .seconds(3))
    }
}
