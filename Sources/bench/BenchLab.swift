import Glibc

/// The lab's hosts for a bench: a lab of its own, in whose network namespace all contenders run.
struct BenchLab {
    private let script: String
    private let number: String

    init(hosts: Int) throws {
        script = "Tests/Lab/hosts"
        number = "90"
        guard access(script, X_OK) == 0 else {
            throw BenchError("run it in the root of the checkout: there is no \(script)")
        }
        try call(["down"])
        try call(["up", String(hosts)])
    }

    var directory: String { "/run/finflow-lab/\(number)" }

    @discardableResult
    func call(_ arguments: [String]) throws -> String {
        let result = try Measurement.run(
            [script] + arguments, environment: ["LAB": number])
        guard result.status == 0 else {
            throw BenchError("hosts \(arguments.joined(separator: " ")): \(result.output)")
        }
        return result.output
    }

    /// Runs a contender where the hosts can be reached.
    func measure(
        _ command: [String], environment: [String: String] = [:]
    ) throws -> (Measurement, hosts: Double) {
        let before = try hostProcessor()
        let result = try Measurement.run(
            ["nsenter", "--net=/run/netns/finflow-lab-\(number)", "--"] + command,
            environment: environment)
        return (result, try hostProcessor() - before)
    }

    /// Processor seconds that all hosts have used, from their cgroups.
    private func hostProcessor() throws -> Double {
        let roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
        for root in roots {
            guard
                let text = try? String(contentsOf: "\(root)/finflow-lab/\(number)/cpu.stat"),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("usage_usec") }),
                let value = line.split(separator: " ").last.flatMap({ Double($0) })
            else { continue }
            return value * 1e-6
        }
        throw BenchError("the lab's cgroup has no cpu.stat")
    }

    func down() {
        _ = try? call(["down"])
    }
}
