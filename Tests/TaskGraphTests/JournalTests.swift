import Synchronization
import TaskGraph
import Testing

/// A journal that keeps its lines, and cannot write those that it is told not to.
private final class LinesJournal: Journal {
    struct Full: Error {}

    private let lines = Log<String>()
    private let unwritable: Set<String>

    init(unwritable: Set<String> = []) {
        self.unwritable = unwritable
    }

    var written: [String] { lines.entries }

    func willRun(_ entry: JournalEntry) async throws {
        try write("will \(entry.task) \(entry.attempt)")
    }

    func didRun(_ entry: JournalEntry, _ ending: AttemptEnding) async throws {
        // As a real one would: it asks whether it is cancelled.
        try Task.checkCancellation()
        switch ending {
        case .succeeded(let status, let changes):
            try write("did \(entry.task) \(status) \(changes.count)")
        case .failed: try write("failed \(entry.task)")
        case .cancelled: try write("cut \(entry.task)")
        }
    }

    private func write(_ line: String) throws {
        if unwritable.contains(line) { throw Full() }
        lines.add(line)
    }
}

@Suite struct JournalTests {
    private func options(_ journal: LinesJournal) -> RunOptions {
        var options = RunOptions()
        options.journal = journal
        options.clock = ManualClock()
        return options
    }

    @Test func `it is written before and after each attempt`() async throws {
        let journal = LinesJournal()
        let retry = RetryPolicy(attempts: 2, initial: .zero)
        let graph = try Graph(checking: [task("a", retry: retry), task("b", after: ["a"])])
        let result: RunResult<String> = await graph.run(options(journal)) { task, context in
            #expect(journal.written.last == "will \(task.id) \(context.attempt)")
            if task.id == "a", context.attempt == 1 { throw Broken() }
            return TaskOutcome(changes: [Change(.create, "file")])
        }
        #expect(result.isGood)
        #expect(
            journal.written == [
                "will a 1", "failed a", "will a 2", "did a changed 1", "will b 1",
                "did b changed 1",
            ])
    }

    @Test func `what cannot be written down is not done`() async throws {
        let journal = LinesJournal(unwritable: ["will a 1"])
        let retry = RetryPolicy(attempts: 3, initial: .zero)
        let graph = try Graph(checking: [task("a", retry: retry), task("b", after: ["a"])])
        let stage = Stage()
        let result = await graph.play(on: stage, options(journal))
        #expect(stage.started.isEmpty)
        #expect(result.endings == ["a": "failed", "b": "pruned by a"])
        let report = try #require(result["a"])
        #expect(!report.status.hasRun)
        #expect(report.attempts == 0)
        #expect(report.started == nil)
        #expect(report.diagnostics.map(\.code) == [.journalFailed])
    }

    @Test func `what was done and could not be written down has failed, with its changes`()
        async throws
    {
        let journal = LinesJournal(unwritable: ["did a changed 1"])
        let graph = try Graph(checking: [task("a"), task("b", after: ["a"])])
        let change = Change(.delete, "file")
        let result: RunResult<String> = await graph.run(options(journal)) { _, _ in
            TaskOutcome(changes: [change])
        }
        #expect(result.endings == ["a": "failed", "b": "pruned by a"])
        #expect(result["a"]?.status.hasRun == true)
        #expect(result["a"]?.changes == [change])
    }

    @Test func `what was cut is written down all the same`() async throws {
        let journal = LinesJournal()
        let options = options(journal)
        let graph = try Graph(checking: [task("a"), task("b")])
        let stage = Stage()
        async let running = graph.play(on: stage, options)
        _ = await stage.whenStarted(2)
        options.stop.stopNow()
        _ = await running
        #expect(Set(journal.written) == ["will a 1", "will b 1", "cut a", "cut b"])
    }
}
