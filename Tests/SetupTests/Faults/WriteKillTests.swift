import Glibc
import Lab
import LabTraits
import Testing

/// Killed at every system call that writes, seen from outside.
@Suite(.timeLimit(.minutes(60))) struct WriteKillTests {
    /// `FINFLOW_KILLS=120-160` looks at these alone, for whoever seeks what went wrong at one.
    private static let only: ClosedRange<Int>? = {
        let ends = getenv("FINFLOW_KILLS").map { String(cString: $0) }?.split(separator: "-") ?? []
        guard ends.count == 2, let first = Int(ends[0]), let last = Int(ends[1]), first <= last
        else { return nil }
        return first...last
    }()

    /// What finflowctl and the shell of the host do is one tree of processes here.
    @Test(arguments: KillMode.allCases, FaultyTree.Start.allCases)
    func `a run that was killed at any write is finished by the next one`(
        mode: KillMode, start: FaultyTree.Start
    ) async throws {
        try await FaultyTree.with { tree in
            let seed = UInt64(start.rawValue.count + mode.rawValue.count)
            try await killAtWrites(of: tree, mode, from: start, seed: seed)
        }
    }

    /// What finflowctl sends, and what it writes on its own machine; the host goes on for as
    /// long as it likes.
    @Test(.hosts(1), arguments: FaultyTree.Start.allCases)
    func `a run over SSH that was killed at any write is finished by the next one`(
        start: FaultyTree.Start
    ) async throws {
        try await FaultyTree.with(LabHost.leased[0]) { tree in
            let seed = UInt64(start.rawValue.count)
            try await killAtWrites(of: tree, .program, from: start, seed: seed)
        }
    }

    private func killAtWrites(
        of tree: FaultyTree, _ mode: KillMode, from start: FaultyTree.Start, seed: UInt64
    ) async throws {
        try await tree.prepare(start)
        let undisturbed = try await tree.program.run(tree.setup, killedAt: 0, mode)
        #expect(undisturbed.isBeyond)
        let wanted = try await tree.picture()
        #expect(try await tree.leftovers() == [])

        let points = Slice.of(1...undisturbed.number, 6, seed: seed)
            .filter { Self.only?.contains($0) ?? true }
        var killed = 0
        for (index, point) in points.enumerated() {
            try await tree.begin()
            let end = try await tree.program.run(tree.setup, killedAt: point, mode)
            if !end.isBeyond { killed += 1 }
            try await tree.expectRecovery(
                to: wanted, after: end, byAnother: tree.host != nil && index % 3 == 0)
        }
        print(
            "killed \(killed) times (\(mode), \(tree.host == nil ? "local" : "over SSH"),",
            "from \(start)), at \(points.count) of \(undisturbed.number) writing calls")
        // Two runs do not make quite the same calls; but it is not the end that was met.
        #expect(killed > points.count / 2)
    }
}
