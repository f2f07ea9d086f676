import Testing

@testable import TaskGraph

/// What must hold in every run, tried on random graphs.
@Suite struct PropertyTests {
    private func run(
        _ drawn: RandomGraph, alarm: (after: Int, ring: @Sendable () -> Void)? = nil
    ) async throws -> (graph: Graph<Part>, watcher: Watcher, result: RunResult<String>) {
        let clock = ManualClock()
        var options = drawn.options
        options.clock = clock
        // A clock that jumps would jump over the time in which what was cut can answer.
        options.patience = .seconds(1 << 40)
        let graph = try Graph(checking: drawn.tasks, rolling: drawn.rolling)
        let watcher = Watcher(graph, options, clock, alarm: alarm)
        let sealed = options
        let result = await clock.driving {
            await graph.run(sealed) { try await watcher.perform($0, $1) }
        }
        return (graph, watcher, result)
    }

    private func size(_ seed: UInt64) -> Int {
        seed % 100 == 0 ? 3000 : Int(1 + seed * 37 % 200)
    }

    @Test func `each task runs once, behind what it needs, within limits, to the one end`()
        async throws
    {
        var (nodes, attempts, pruned, most) = (0, 0, 0, 0)
        for seed in 1...200 as ClosedRange<UInt64> {
            var drawn = RandomGraph(seed: seed, size: size(seed))
            for turn in 1...2 as ClosedRange<UInt64> {
                // The second time with other limits: another interleaving, the same end.
                drawn.redrawLimits(seed: seed * turn)
                let (graph, watcher, result) = try await run(drawn)
                #expect(watcher.broken.isEmpty, "seed \(seed)")
                let endings = Dictionary(
                    uniqueKeysWithValues: result.endings.map { (TaskID($0.key), $0.value) })
                #expect(endings == drawn.expected(graph), "seed \(seed)")
                for report in result.reports {
                    #expect(report.attempts == watcher.begun[report.id, default: 0])
                }
                nodes += drawn.tasks.count
                attempts += watcher.begun.values.reduce(0, +)
                pruned += result.summary[.pruned]
                most = max(most, watcher.mostAtOnce)
            }
        }
        print(
            "400 runs of 200 random graphs: \(nodes) tasks, \(attempts) attempts, \(pruned) pruned,"
                + " up to \(most) at once")
        // How many meet is the machine's doing; that some do shows that the run was one.
        #expect(pruned > 1000 && most > 1)
    }

    @Test(arguments: [StopSignal.Level.gentle, .now])
    func `however a run is stopped, reports and facts agree`(level: StopSignal.Level) async throws {
        var counts: [TaskStatus.Kind: Int] = [:]
        for seed in 1...100 as ClosedRange<UInt64> {
            let drawn = RandomGraph(seed: seed, size: size(seed))
            let stop = drawn.options.stop
            let (graph, watcher, result) = try await run(
                drawn,
                alarm: (
                    drawn.tasks.count / 3 + 1,
                    { level == .now ? stop.stopNow() : stop.stopGently() }
                ))
            #expect(watcher.broken.isEmpty, "seed \(seed)")
            #expect(result.reports.count == drawn.tasks.count)
            for report in result.reports {
                counts[report.status.kind, default: 0] += 1
                let times = watcher.begun[report.id, default: 0]
                #expect(report.attempts == times, "seed \(seed)")
                #expect(report.status.hasRun == (times > 0), "seed \(seed): \(report.id)")
                if case .pruned(let root) = report.status {
                    #expect(result[root]?.status.kind == .failed)
                    #expect(graph.ancestors(of: report.id).contains(root))
                }
            }
        }
        print("100 runs stopped (\(level)):", counts.map { "\($0.value) \($0.key)" }.sorted())
        #expect(counts[.notStarted, default: 0] > 1000)
        // How many were running when it was cut is the machine's doing.
        #expect(level == .gentle || counts[.cancelled, default: 0] > 0)
    }

    @Test func `no batch begins before the one before has ended, or when that failed`() async throws
    {
        var halted = 0
        for seed in 1...100 as ClosedRange<UInt64> {
            let drawn = RandomGraph(seed: seed, size: size(seed), rolls: true)
            let (graph, watcher, result) = try await run(drawn)
            #expect(watcher.broken.isEmpty, "seed \(seed)")
            let batches = graph.wiring.batches.indices.map { batch in
                graph.tasks.indices.filter { graph.wiring.batchOfTask[$0] == batch }
                    .compactMap { result[graph.tasks[$0].id] }
            }
            var isHalted = false
            var ended = Duration.zero
            for batch in batches {
                #expect(batch.allSatisfy { ($0.started ?? ended) >= ended }, "seed \(seed)")
                #expect(!isHalted || batch.allSatisfy { !$0.status.hasRun }, "seed \(seed)")
                ended = batch.map(\.finished).max() ?? ended
                let failed = Set(
                    batch.filter { [.failed, .pruned].contains($0.status.kind) }.map(\.host))
                if failed.count > drawn.rolling["roll"]?.maxFailures ?? 0 { isHalted = true }
            }
            halted += isHalted ? 1 : 0
        }
        print("100 rolling runs, \(halted) halted")
        #expect((15...90).contains(halted))
    }
}
