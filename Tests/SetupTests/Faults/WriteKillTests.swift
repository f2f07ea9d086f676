import Lab
import Testing

/// Killed at every system call that writes, seen from outside: what finflowctl and the shell of
/// the host do is one tree of processes here.
@Suite struct WriteKillTests {
    @Test(.timeLimit(.minutes(60)), arguments: KillMode.allCases, FaultyTree.Start.allCases)
    func `a run that was killed at any write is finished by the next one`(
        mode: KillMode, start: FaultyTree.Start
    ) async throws {
        try await FaultyTree.with { tree in
            try await tree.prepare(start)
            let undisturbed = try await tree.program.run(FaultyTree.setup, killedAt: 0, mode)
            #expect(undisturbed.isBeyond)
            let wanted = try await tree.picture()
            #expect(try await tree.leftovers() == [])

            let seed = UInt64(wanted.count + mode.rawValue.count)
            let points = Slice.of(1...undisturbed.number, 6, seed: seed)
            var killed = 0
            for point in points {
                try await tree.begin()
                let end = try await tree.program.run(FaultyTree.setup, killedAt: point, mode)
                if !end.isBeyond { killed += 1 }
                try await tree.expectRecovery(to: wanted, after: end)
            }
            print(
                "killed \(killed) times (\(mode), from \(start)),",
                "at \(points.count) of \(undisturbed.number) writing calls")
            // Two runs do not make quite the same calls; but it is not the end that was met.
            #expect(killed > points.count / 2)
        }
    }
}
