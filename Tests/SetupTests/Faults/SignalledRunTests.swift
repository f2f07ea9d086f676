import Glibc
import Lab
import Loop
import Testing

/// Ctrl-C, once and twice, wherever the run is.
@Suite struct SignalledRunTests {
    @Test(.timeLimit(.minutes(20)), arguments: [1, 2], FaultyTree.Start.allCases)
    func `a run that was stopped in the middle is finished by the next one`(
        signals: Int, start: FaultyTree.Start
    ) async throws {
        try await FaultyTree.with { tree in
            let wanted = try await tree.wanted(start)
            let undisturbed = try await tree.program.run(tree.setup)
            let records = undisturbed.lines.count
            for point in Slice.of(1...records, 4, seed: UInt64(signals)) {
                try await tree.begin()
                let run = try await tree.program.run(tree.setup) { child in
                    var seen = 0
                    while seen < point, let chunk = try await child.read() {
                        if case .output(let bytes) = chunk { seen += bytes.count { $0 == 10 } }
                    }
                    for _ in 0..<signals { await child.signal(SIGINT) }
                }
                let what = "\(signals) × SIGINT after \(point) of \(records) records"
                #expect(run.status == 130 || run.status == 0, "\(what): \(run.error)")
                try await tree.expectRecovery(to: wanted, after: what)
            }
        }
    }
}
