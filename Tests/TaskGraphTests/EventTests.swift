import Glibc
import TaskGraph
import Testing
import Vocabulary

@Suite struct EventTests {
    @Test func `a run tells its story in order`() async throws {
        let graph = try Graph(checking: [
            task("a", host: "h"), task("b", host: "h", after: ["a"]), task("c", after: ["b"]),
        ])
        let stage = Stage()
        stage.finish("a", .changed)
        stage.fail("b")
        let told = Log<String>()
        let result = await graph.play(on: stage) { event in
            switch event {
            case .runStarted(let tasks, let hosts): told.add("\(tasks) tasks on \(hosts) host")
            case .taskStarted(let id, let host, _, let attempt):
                told.add("\(id) on \(host ?? "none"), attempt \(attempt)")
            case .taskFinished(let report): told.add("\(report.id) \(report.status.kind)")
            case .runFinished(let summary): told.add("\(summary[.failed]) failed")
            default: told.add("\(event)")
            }
        }
        #expect(result.summary[.changed] == 1)
        #expect(
            told.entries == [
                "3 tasks on 1 host", "a on h, attempt 1", "a changed", "b on h, attempt 1",
                "b failed", "c pruned", "1 failed",
            ])
    }

    // The pool has a thread a processor, and the one that draws stands still on its own.
    @Test(.enabled(if: sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1, "needs two processors"))
    func `who draws does not hold up who works`() async throws {
        let graph = try Graph(checking: [task("a"), task("b", after: ["a"])])
        let isThrough = StopSignal()
        let seen = Log<Bool>()
        let result: RunResult<String> = await graph.run(events: { event in
            guard case .taskStarted("a", _, _, _) = event else { return }
            // Stands still in the first event until the last task is through.
            while isThrough.level == .running {}
            seen.add(true)
        }) { task, _ in
            if task.id == "b" { isThrough.stopNow() }
            return TaskOutcome(.unchanged)
        }
        #expect(result.isGood)
        #expect(seen.entries == [true])
    }

    @Test func `of a failure its diagnostics are told, and of another error only the type`()
        async throws
    {
        struct Leak: Error { let password = "hunter2" }
        let graph = try Graph(checking: [task("a", host: "h"), task("b")])
        let code = Diagnostic.Code("FF0999", "a test", explanation: "None.")
        let stage = Stage()
        stage.fail("a", Diagnostic(code, "the disk is full"))
        stage.fail("b", Leak())
        let result = await graph.play(on: stage)
        let told = result.failed.flatMap(\.diagnostics)
        #expect(told.map(\.message) == ["the disk is full", "the task failed: Leak"])
        #expect(told.map(\.subject) == ["host h, task a", "task b"])
        #expect(told.map(\.code) == [code, .performerFailed])
    }
}
