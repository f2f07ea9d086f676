import TaskGraph
import Testing

@Suite struct RollingTests {
    /// Two tasks on each host of a group that rolls.
    private func tasks(_ hosts: [String]) -> [GraphTask<Void>] {
        hosts.flatMap { host in
            [
                task(TaskID("\(host)/stop"), host: host, rolling: "web"),
                task(
                    TaskID("\(host)/start"), host: host, after: [TaskID("\(host)/stop")],
                    rolling: "web"),
            ]
        }
    }

    private let hosts = ["w1", "w2", "w3", "w4"]

    @Test(arguments: [("1", 7, 1), ("3", 7, 3), ("25%", 10, 2), ("25%", 3, 1), ("100%", 5, 5)])
    func `a batch is a count, or a share rounded down`(text: String, total: Int, hosts: Int) {
        #expect(BatchSize(text)?.hosts(of: total) == hosts)
        #expect(BatchSize(text)?.description == text)
    }

    @Test(arguments: ["0", "-1", "0%", "101%", "", "%", "a few", "2.5"])
    func `what is no size of a batch is none`(text: String) {
        #expect(BatchSize(text) == nil)
    }

    @Test func `a batch starts when the one before has ended, others do not wait`() async throws {
        let graph = try Graph(
            checking: tasks(hosts) + [task("aside", host: "w4")],
            rolling: ["web": RollingPolicy(batch: .percent(50))])
        let stage = Stage()
        let events = Log<String>()
        async let running = graph.play(on: stage) { event in
            guard case .batchStarted(let batch) = event else { return }
            events.add("\(batch.group) \(batch.number)/\(batch.of): \(batch.hosts)")
        }
        let first = await stage.whenStarted(3)
        #expect(Set(first) == ["w1/stop", "w2/stop", "aside"])
        for id in ["aside", "w1/stop", "w1/start", "w2/stop"] as [TaskID] { stage.finish(id) }
        #expect(await Set(stage.whenStarted(5)) == Set(first + ["w1/start", "w2/start"]))
        stage.finish("w2/start")
        #expect(await Set(stage.whenStarted(7).suffix(2)) == ["w3/stop", "w4/stop"])
        for id in ["w3/stop", "w3/start", "w4/stop", "w4/start"] as [TaskID] { stage.finish(id) }
        let result = await running
        #expect(result.isGood)
        #expect(
            events.entries == [
                #"web 1/2: ["w1", "w2"]"#, #"web 2/2: ["w3", "w4"]"#,
            ])
    }

    @Test func `more failed hosts than allowed halt the batches behind, and only those`()
        async throws
    {
        let graph = try Graph(
            checking: tasks(hosts) + [
                task("after", after: ["w3/start"]), task("aside", host: "w3"),
            ],
            rolling: ["web": RollingPolicy(batch: .count(1))])
        let stage = Stage()
        let halts = Log<String>()
        stage.finish("w1/stop", .changed)
        stage.finish("w1/start", .changed)
        stage.fail("w2/stop")
        stage.finish("aside")
        let result = await graph.play(on: stage) { event in
            guard case .batchHalted(let batch, let failed) = event else { return }
            halts.add("\(batch.number): \(failed)")
        }
        #expect(
            result.endings == [
                "w1/stop": "changed", "w1/start": "changed",
                "w2/stop": "failed", "w2/start": "pruned by w2/stop",
                "w3/stop": "not started: web halted", "w3/start": "not started: web halted",
                "w4/stop": "not started: web halted", "w4/start": "not started: web halted",
                "after": "not started: web halted", "aside": "unchanged",
            ])
        #expect(halts.entries == [#"2: ["w2"]"#])
    }

    @Test func `as many failed hosts as allowed do not`() async throws {
        let graph = try Graph(
            checking: tasks(hosts),
            rolling: ["web": RollingPolicy(batch: .count(2), maxFailures: 1)])
        let stage = Stage()
        for host in ["w2", "w3", "w4"] {
            stage.finish(TaskID("\(host)/stop"))
            stage.finish(TaskID("\(host)/start"))
        }
        stage.fail("w1/stop")
        let result = await graph.play(on: stage)
        #expect(result.summary[.unchanged] == 6)
        #expect(result.summary[.pruned] == 1)
    }

    @Test func `two groups roll side by side, each at its own pace`() async throws {
        let graph = try Graph(
            checking: [
                task("w1", host: "w1", rolling: "web"), task("w2", host: "w2", rolling: "web"),
                task("d1", host: "d1", rolling: "db"), task("d2", host: "d2", rolling: "db"),
                task("x", host: "x", rolling: "no such group"),
            ],
            rolling: [
                "web": RollingPolicy(batch: .count(1)), "db": RollingPolicy(batch: .count(1)),
            ])
        let stage = Stage()
        async let running = graph.play(on: stage)
        #expect(await Set(stage.whenStarted(3)) == ["w1", "d1", "x"])
        stage.finish("d1")
        #expect(await stage.whenStarted(4).last == "d2")
        for id in ["w1", "w2", "d2", "x"] as [TaskID] { stage.finish(id) }
        #expect(await running.isGood)
    }

    @Test func `an edge across hosts may follow the batches`() async throws {
        let graph = try Graph(
            checking: [
                task("w1", host: "w1", rolling: "web"),
                task("w2", host: "w2", after: ["w1"], rolling: "web"),
            ],
            rolling: ["web": RollingPolicy(batch: .count(1))])
        let stage = Stage()
        stage.finish("w1")
        stage.finish("w2")
        #expect(await graph.play(on: stage).isGood)
    }

    @Test func `an edge against them is an error that says which batch waits for which`() {
        let found = problems(
            [
                task("w1/join", host: "w1", line: 4, after: ["token"], rolling: "web"),
                task("token", line: 9, after: ["w2/make"]),
                task("w2/make", host: "w2", line: 12, rolling: "web"),
            ],
            rolling: ["web": RollingPolicy(batch: .count(1))])
        #expect(
            found.map { $0.rendered { _ in nil } } == [
                """
                error[FF0505]: tasks wait for a later batch: `w1/join` → `token` → `w2/make` → `w1/join`
                  --> role.yaml:4:5
                note: `w1/join` waits for `token`: written in `after`
                  --> role.yaml:4:5
                note: `token` waits for `w2/make`: written in `after`
                  --> role.yaml:9:5
                note: `w2/make` waits for `w1/join`: batch 2 of `web` starts when batch 1 has ended
                  --> role.yaml:12:5
                   = help: put the host that is waited for into the same or an earlier batch
                """
            ])
    }

    @Test func `a filter cuts the batches anew`() async throws {
        let graph = try Graph(
            checking: tasks(hosts), rolling: ["web": RollingPolicy(batch: .percent(50))]
        ).filtered { $0.host != "w1" && $0.host != "w2" }
        let batches = Log<[String]>()
        let stage = Stage()
        for task in graph.tasks { stage.finish(task.id) }
        _ = await graph.play(on: stage) { event in
            if case .batchStarted(let batch) = event { batches.add(batch.hosts) }
        }
        #expect(batches.entries == [["w3"], ["w4"]])
    }
}
