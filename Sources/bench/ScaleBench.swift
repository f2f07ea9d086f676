import ArgumentParser
import Glibc
import SimulatedHosts

struct ScaleBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract:
            "What the controller itself costs for each host, on hosts that answer from memory.",
        discussion: """
            Fifty tasks a host, once with nothing to do and once with everything. No network, no \
            shell: what a host costs should be the same among fifty and among five thousand.
            """)

    @Option(parsing: .upToNextOption, help: "How many hosts; each is a row.")
    var hosts = [50, 500, 5000]

    func run() async throws {
        print(
            Self.row([
                "work", "hosts", "tasks", "load ms", "run ms", "KiB", "requests", "bytes", "effort",
            ]))
        print(
            "(from load to bytes: for each host; effort: for each task)")
        for work in Simulation.Work.allCases {
            for count in hosts {
                let directory = "/tmp/finflow-scale.\(getpid())"
                defer { _ = try? Measurement.run(["rm", "-rf", "--", directory]) }
                let figures = try await Simulation.run(work, hosts: count, in: directory)
                let hosts = Double(count)
                print(
                    Self.row([
                        work.rawValue, String(count), String(figures.tasks),
                        Self.tenths(figures.loading * 1000 / hosts),
                        Self.tenths(figures.running * 1000 / hosts),
                        Self.tenths(Double(figures.memory) / 1024 / hosts),
                        Self.tenths(
                            Double(figures.asked.observations + figures.asked.scripts) / hosts),
                        Self.tenths(Double(figures.asked.scriptBytes) / hosts),
                        Self.tenths(Double(figures.effort) / Double(figures.tasks)),
                    ]))
            }
        }
    }

    private static func row(_ cells: [String]) -> String {
        cells.map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }.joined()
    }

    private static func tenths(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
