import TaskGraph
import Testing

@Suite struct LimitTests {
    /// Lets one task after another go, and notes which start.
    private func order(
        _ tasks: [GraphTask<Void>], _ options: RunOptions, startingWith expected: Int
    ) async throws -> (first: [TaskID], all: [TaskID]) {
        let graph = try Graph(checking: tasks)
        let stage = Stage()
        async let running = graph.play(on: stage, options)
        let first = await stage.whenStarted(expected)
        for number in tasks.indices {
            let started = await stage.whenStarted(number + 1)
            stage.finish(started[number])
        }
        let result = await running
        #expect(result.isGood)
        return (first.sorted(), stage.started)
    }

    @Test func `one at a time they start by rank, then as given`() async throws {
        var options = RunOptions()
        options.limit = 1
        let found = try await order(
            [
                task("late", host: "a", after: ["one"]), task("one", host: "a"),
                task("two", host: "b"), task("last", after: ["late"]), task("three", host: "a"),
            ], options, startingWith: 1)
        #expect(found.all == ["one", "two", "three", "late", "last"])
    }

    @Test func `a host gets no more than its share, and does not hold up the others`() async throws
    {
        var options = RunOptions()
        options.perHost = 2
        let tasks = (0..<4).map { task(TaskID("busy-\($0)"), host: "busy") }
        let found = try await order(
            tasks + [task("idle", host: "idle")], options, startingWith: 3)
        #expect(found.first == ["busy-0", "busy-1", "idle"])
    }

    @Test func `a semaphore admits one, or as many as its limit says`() async throws {
        var options = RunOptions()
        options.semaphores["download"] = 2
        let found = try await order(
            [
                task("apt-1", host: "a", semaphores: ["apt@a"]),
                task("apt-2", host: "a", semaphores: ["apt@a", "apt@a"]),
                task("get-1", semaphores: ["download"]), task("get-2", semaphores: ["download"]),
                task("get-3", semaphores: ["download"]), task("free", host: "a"),
            ], options, startingWith: 4)
        #expect(found.first == ["apt-1", "free", "get-1", "get-2"])
    }

    @Test func `who waits for a semaphore leaves the host's slots to others`() async throws {
        var options = RunOptions()
        options.perHost = 2
        let found = try await order(
            [
                task("apt-1", host: "a", semaphores: ["apt@a"]),
                task("apt-2", host: "a", semaphores: ["apt@a"]),
                task("apt-3", host: "a", semaphores: ["apt@a"]),
                task("file", host: "a"),
            ], options, startingWith: 2)
        #expect(found.first == ["apt-1", "file"])
        #expect(found.all.filter { $0 != "file" } == ["apt-1", "apt-2", "apt-3"])
    }

    @Test func `a limit of nothing still admits one`() async throws {
        var options = RunOptions()
        options.limit = 0
        options.perHost = -1
        options.semaphores["s"] = 0
        let found = try await order(
            [task("a", host: "h", semaphores: ["s"]), task("b", host: "h", semaphores: ["s"])],
            options, startingWith: 1)
        #expect(found.all == ["a", "b"])
    }
}
