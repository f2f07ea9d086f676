import Lab
import Testing
import Vocabulary

@testable import Record

/// The record of a run, as it is written and read.
@Suite struct RecorderTests {
    static func header(_ run: RunID, _ began: Timestamp = .now) -> RunHeader {
        RunHeader(
            run: run, began: began, command: ["setup", "--env", "test"], environment: "test",
            version: "0.1.0", revision: PlaybookRevision(digest: "abc", commit: "def"),
            selection: ["limit": ["app"], "tags": []], hosts: ["app-1", "db-1"])
    }

    static func recorder(
        _ store: any StateStore, at moment: Timestamp = .now, retention: Retention = .standard
    ) -> RunRecorder {
        let run = RunID(at: moment)
        return RunRecorder(run: run, began: moment, in: store, retention: retention) {
            header(run, moment)
        }
    }

    static func intent(_ task: String, _ host: String = "app-1") -> IntendedChange {
        IntendedChange(
            task: "\(host)/\(task)", host: host, title: "file /etc/\(task)", place: "role.yaml:3",
            changes: [
                RecordedChange(kind: "update", what: "mode", before: "0600", after: "0644"),
                RecordedChange(kind: "update", what: "content", before: "a\nb\n", after: "a\nc\n"),
            ], undo: [["left": ["file": ["mode": "0644"]], "before": ["file": ["mode": "0600"]]]])
    }

    static let done = RunEnding(status: .done, seconds: 1.5, counts: [.changed: 1, .unchanged: 7])

    @Test func `a run with changes reads as it was written`() async throws {
        try await withDirectory { path in
            let store = DirectoryStore(root: path)
            let recorder = Self.recorder(store)
            let good = try await recorder.willChange(Self.intent("good"))
            let bad = try await recorder.willChange(Self.intent("bad", "db-1"))
            let cut = try await recorder.willChange(Self.intent("cut"))
            let error = RecordedError(
                Diagnostic(
                    .recordBroken, "no", subject: "host db-1", hint: "hm", help: "do"))
            try await recorder.didChange(good, .changed)
            try await recorder.didChange(bad, .failed([error], output: BoundedText("why\n")))
            try await recorder.didChange(cut, .cancelled)
            let tasks = [
                RecordedTask(
                    task: "app-1/good", host: "app-1", title: "file /etc/good", status: .changed,
                    started: 0.1, seconds: 0.2, changes: Self.intent("good").changes),
                RecordedTask(
                    task: "db-1/bad", host: "db-1", title: "file /etc/bad", status: .failed,
                    started: 0.1, seconds: 0.2, errors: [error], output: BoundedText("why\n")),
                RecordedTask(
                    task: "app-1/cut", host: "app-1", title: "file /etc/cut", status: .cancelled),
                RecordedTask(
                    task: "app-1/quick", host: "app-1", title: "quick", status: .unchanged,
                    started: 0, seconds: 0.001),
                RecordedTask(
                    task: "app-1/slow", host: "app-1", title: "slow", status: .unchanged,
                    started: 0, seconds: 3),
            ]
            let ending = RunEnding(
                status: .partlyFailed, seconds: 3.25,
                counts: [.changed: 1, .failed: 1, .cancelled: 1, .unchanged: 2])
            try await recorder.end(ending, tasks: tasks)

            let record = try #require(try await RunArchive(store).record(of: recorder.run))
            #expect(record.damage == [])
            #expect(record.header == Self.header(recorder.run, recorder.began))
            #expect(record.changes.map(\.intent.task) == ["app-1/good", "db-1/bad", "app-1/cut"])
            #expect(record.changes.map(\.intent)[0] == Self.intent("good"))
            #expect(
                record.changes.map(\.outcome) == [
                    .changed, .failed([error], output: BoundedText("why\n")), .cancelled,
                ])
            #expect(record.state == .ended(.partlyFailed))
            #expect(record.ending == ending)
            // What its change says of a task is not said twice, and is read as one.
            let wanted = tasks.filter { $0.title != "quick" }.map { task in
                var task = task
                if task.title == "file /etc/cut" { task.changes = Self.intent("cut").changes }
                if task.title == "file /etc/bad" { task.changes = Self.intent("bad").changes }
                return task
            }
            #expect(Set(record.tasks) == Set(wanted))
            #expect(record.tasks.count == wanted.count)
            #expect(record.unlisted == ["app-1": 1, "db-1": 0])
        }
    }

    @Test func `a run with nothing to do is one small object, and nothing before it ended`()
        async throws
    {
        try await withDirectory { path in
            let store = DirectoryStore(root: path)
            let recorder = Self.recorder(store)
            #expect(try await store.keys(withPrefix: "") == [])
            let tasks = (0..<500).map {
                RecordedTask(
                    task: "app-1/\($0)", host: "app-1", title: "t", status: .unchanged, seconds: 1)
            }
            try await recorder.end(Self.done, tasks: tasks)
            let keys = try await store.keys(withPrefix: "")
            #expect(keys.map(\.path) == ["quiet/\(recorder.run)/000001.ndjson"])
            #expect(try await store.read(keys[0])?.bytes.count ?? .max < 2000)
            #expect(try await RunArchive(store).runs() == [recorder.run])
        }
    }

    @Test(arguments: [Vocabulary.ExitStatus.interrupted, .unreachable, .failed])
    func `a run that did not succeed is no quiet one, though it changed nothing`(
        status: Vocabulary.ExitStatus
    ) async throws {
        try await withDirectory { path in
            let store = DirectoryStore(root: path)
            let recorder = Self.recorder(store)
            try await recorder.end(RunEnding(status: status, seconds: 0, counts: [:]), tasks: [])
            #expect(try await store.keys(withPrefix: "runs/").count == 1)
        }
    }

    @Test func `each piece names the one before, and a run the newest ones before it`()
        async throws
    {
        try await withDirectory { path in
            let store = DirectoryStore(root: path)
            var runs: [RunID] = []
            for hour in 0..<6 {
                let moment = Timestamp(seconds: 1_800_000_000 + hour * 3600)
                let recorder = Self.recorder(store, at: moment)
                if hour % 2 == 0 {
                    let number = try await recorder.willChange(Self.intent("a"))
                    try await recorder.didChange(number, .changed)
                }
                try await recorder.end(Self.done, tasks: [])
                runs.append(recorder.run)
            }
            #expect(try await RunArchive(store).runs() == runs.reversed())
            let result = try await ChainCheck(store).check()
            #expect(result.damage == [])
            #expect(result.runs == 6)
            #expect(result.pieces == 3 * 3 + 3)
            let last = try #require(
                try await store.read(key("quiet/\(runs[5])/000001.ndjson")))
            let head = try JSON(parsing: last.bytes.prefix { $0 != 0x0A })
            #expect(
                head["previous"]?.array?.compactMap { $0["key"]?.string } == [
                    "runs/\(runs[4])/000003.ndjson", "quiet/\(runs[3])/000001.ndjson",
                    "runs/\(runs[2])/000003.ndjson",
                ])
        }
    }

    @Test func `entries that come while a piece is being written share the next one`()
        async throws
    {
        let store = HeldStore()
        let recorder = Self.recorder(store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await recorder.willChange(Self.intent("first")) }
            await store.whenHeld()
            for index in 0..<50 {
                group.addTask { _ = try await recorder.willChange(Self.intent("\(index)")) }
            }
            while await recorder.waiting < 50 { await Task.yield() }
            await store.letGo()
            try await group.waitForAll()
        }
        let keys = await store.keys(withPrefix: "runs/")
        #expect(keys.count == 2)
        let record = try #require(try await RunArchive(store).record(of: recorder.run))
        #expect(record.changes.count == 51)
    }

    @Test func `what cannot be written is told before the change, and what was done is not lost`()
        async throws
    {
        let store = HeldStore()
        let recorder = Self.recorder(store)
        await store.letGo()
        let number = try await recorder.willChange(Self.intent("a"))
        await store.fail(times: 2)
        await #expect(throws: StateStoreError.self) {
            try await recorder.didChange(number, .changed)
        }
        await #expect(throws: StateStoreError.self) {
            try await recorder.willChange(Self.intent("b"))
        }
        let third = try await recorder.willChange(Self.intent("c"))
        try await recorder.didChange(third, .changed)
        try await recorder.end(Self.done, tasks: [])
        let record = try #require(try await RunArchive(store).record(of: recorder.run))
        #expect(record.changes.map(\.intent.title) == ["file /etc/a", "file /etc/c"])
        #expect(record.changes.map(\.outcome) == [.changed, .changed])
        #expect(try await ChainCheck(store).check().damage == [])
    }

    @Test func `a store that wrote, and could not say so, does not end the record`() async throws {
        for failing in [1, 2, 4] {
            // Of three pieces: the first one, one in the middle, the last one.
            let inner = HeldStore()
            await inner.letGo()
            await inner.answerLost(of: failing)
            let recorder = Self.recorder(inner)
            for index in 0..<3 {
                do {
                    let number = try await recorder.willChange(Self.intent("\(index)"))
                    try? await recorder.didChange(number, .changed)
                } catch is StateStoreError {
                    continue
                }
            }
            try await recorder.end(Self.done, tasks: [])
            #expect(try await ChainCheck(inner).check().damage == [], "\(failing)")
            let record = try #require(try await RunArchive(inner).record(of: recorder.run))
            #expect(record.header != nil)
            #expect(record.ending == Self.done)
        }
    }

    @Test func `a record before it that cannot be read stops no change, and is named`()
        async throws
    {
        let store = HeldStore()
        await store.letGo()
        var runs: [RunID] = []
        for hour in 0..<3 {
            let recorder = Self.recorder(store, at: Timestamp(seconds: 1_800_000_000 + hour * 3600))
            try await recorder.end(Self.done, tasks: [])
            runs.append(recorder.run)
        }
        await store.makeUnreadable(try key("quiet/\(runs[2])/000001.ndjson"))
        let recorder = Self.recorder(store, at: Timestamp(seconds: 1_800_100_000))
        let number = try await recorder.willChange(Self.intent("a"))
        try await recorder.didChange(number, .changed)
        try await recorder.end(Self.done, tasks: [])
        let first = try #require(try await store.read(key("runs/\(recorder.run)/000001.ndjson")))
        let segment = try Segment(parsing: first.bytes)
        #expect(segment.unread == ["quiet/\(runs[2])/"])
        #expect(
            segment.previous.map(\.key.path) == [
                "quiet/\(runs[1])/000001.ndjson", "quiet/\(runs[0])/000001.ndjson",
            ])
    }

    @Test func `a run of many hosts is written in pieces that can all be read`() async throws {
        let store = HeldStore()
        await store.letGo()
        let recorder = Self.recorder(store)
        let said = BoundedText(String(repeating: "why ", count: 1000))
        let tasks = (0..<60).flatMap { host in
            (0..<60).map { task in
                RecordedTask(
                    task: "h\(host)/t\(task)", host: "h\(host)", title: "t", status: .failed,
                    output: said)
            }
        }
        // And one host with more tasks than an entry has.
        let more = (0..<1200).map { task in
            RecordedTask(task: "big/t\(task)", host: "big", title: "t", status: .pruned)
        }
        let ending = RunEnding(status: .failed, seconds: 1, counts: [.failed: 3600, .pruned: 1200])
        try await recorder.end(ending, tasks: tasks + more)
        let keys = await store.keys(withPrefix: "runs/")
        #expect(keys.count >= 3)
        for key in keys { #expect(try await store.read(key)?.bytes.count ?? .max < 5 << 20) }
        let record = try #require(try await RunArchive(store).record(of: recorder.run))
        #expect(record.ending == ending && record.damage == [])
        #expect(record.tasks.count == 4800)
        #expect(record.tasks.filter { $0.host == "big" }.count == 1200)
        #expect(try await ChainCheck(store).check().damage == [])
    }

    @Test func `of what was written in pieces only the rest is written again`() async throws {
        let store = HeldStore()
        await store.letGo()
        let recorder = Self.recorder(store)
        let number = try await recorder.willChange(Self.intent("a"))
        try await recorder.didChange(number, .changed)
        let tasks = (0..<2000).map { task in
            RecordedTask(
                task: "h/t\(task)", host: "h", title: "t", status: .failed,
                output: BoundedText(String(repeating: "why ", count: 1000)))
        }
        // The first piece of the end, and not the second.
        await store.fail(times: 1, after: 1)
        await #expect(throws: StateStoreError.self) {
            try await recorder.end(Self.done, tasks: tasks)
        }
        let last = try await recorder.willChange(Self.intent("b"))
        try await recorder.didChange(last, .changed)
        let record = try #require(try await RunArchive(store).record(of: recorder.run))
        #expect(record.tasks.filter { $0.host == "h" }.count == 2000)
        #expect(record.ending == Self.done)
        #expect(try await ChainCheck(store).check().damage == [])
    }
}
