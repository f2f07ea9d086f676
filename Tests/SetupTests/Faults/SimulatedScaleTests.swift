import Lab
import SimulatedHosts
import Testing

/// What the controller does for each host, on hosts that answer from memory. What is asserted is
/// counted; processor time and memory are printed.
@Suite(.timeLimit(.minutes(20))) struct SimulatedScaleTests {
    private func run(
        _ work: Simulation.Work, _ hosts: Int
    ) async throws -> Simulation.Figures {
        try await withDirectory { directory in
            let figures = try await Simulation.run(work, hosts: hosts, in: directory)
            let count = Double(hosts)
            print(
                "\(hosts) hosts, \(work) to do, \(figures.tasks) tasks; a host:",
                "\(figures.loading * 1000 / count) ms to read,",
                "\(figures.running * 1000 / count) ms to run, \(figures.memory / hosts) bytes")
            #expect(figures.hosts == hosts)
            #expect(figures.asked.closed == hosts)
            return figures
        }
    }

    private func bytesPerScript(_ figures: Simulation.Figures) -> Double {
        Double(figures.asked.scriptBytes) / Double(figures.asked.scripts)
    }

    private var sizes: [Int] { Slice.isLong ? [50, 500, 5000] : [10, 100] }

    @Test(arguments: Simulation.Work.allCases)
    func `among many hosts each asks for as much as among few`(work: Simulation.Work) async throws {
        let few = try await run(work, sizes[0])
        #expect(few.changed == (work == .all ? few.tasks - few.hosts : 0))
        for size in sizes.dropFirst() {
            let many = try await run(work, size)
            let times = size / few.hosts
            #expect(many.tasks == few.tasks * times)
            #expect(many.changed == few.changed * times)
            // The first one was asked in earnest before, and has nothing more to remember.
            let spared = work == .nothing ? 1 : 0
            #expect(many.asked.observations + spared == (few.asked.observations + spared) * times)
            #expect(many.asked.scripts + spared == (few.asked.scripts + spared) * times)
            // Names are longer by a digit or two.
            let (bytes, before) = (bytesPerScript(many), bytesPerScript(few))
            #expect(bytes < before * 1.05)
            #expect(Double(many.effort) < Double(few.effort * times) * 1.15)
        }
    }

    @Test func `a host that is done is left while others have yet to begin`() async throws {
        // The last host's change waits until another one was left: it would wait for ever.
        try await withDirectory { directory in
            let figures = try await Simulation.run(
                .all, hosts: 20, batch: "10%", lastWaits: true, in: directory)
            #expect(figures.asked.closed == 20)
            #expect(figures.changed == figures.tasks - 20)
        }
    }
}
