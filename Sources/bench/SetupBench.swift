import ArgumentParser
import Glibc

struct SetupBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "The same forty tasks by finflowctl and by each rival, in turn.",
        discussion: """
            Each round gives every contender fresh hosts, then times its first run, breaks one \
            thing of each type on one host and demands that exactly those are mended, and times a \
            second run, in which nothing is to be done. The floor is one handshake and one \
            `sudo -n true` a host.

            Rivals come from PyPI, into a virtual environment that Tools/rivals makes. As root: it \
            makes its own hosts.
            """)

    @Option(parsing: .upToNextOption, help: "How many hosts; several numbers make several tables.")
    var hosts = [1, 5]

    @Option(help: "How often everything is measured; medians are printed.")
    var rounds = 3

    @Option(help: ArgumentHelp("The rivals' virtual environment.", valueName: "directory"))
    var rivals: String?

    @Flag(help: "Only finflowctl and the floor.")
    var alone = false

    func run() throws {
        let rivals = alone ? nil : try self.rivals ?? Self.makeRivals()
        for count in hosts {
            let table = try measure(count, rivals: rivals)
            print(table)
        }
    }

    private static func makeRivals() throws -> String {
        let result = try Measurement.run(["Tools/rivals"])
        guard result.status == 0, let path = result.output.split(separator: "\n").last else {
            throw BenchError("Tools/rivals: \(result.output)")
        }
        return String(path)
    }

    private func measure(_ count: Int, rivals: String?) throws -> String {
        let lab = try BenchLab(hosts: count)
        defer { lab.down() }
        let names = (1...count).map { number in
            "h" + String(repeating: "0", count: max(0, 3 - String(number).count)) + String(number)
        }
        let directory = "/tmp/finflow-bench.\(getpid())"
        mkdir(directory, 0o700)
        defer { _ = try? Measurement.run(["rm", "-rf", "--", directory]) }
        let workload = Workload(
            directory: directory, finflowctl: try Self.program("finflowctl"),
            sshConfig: "\(lab.directory)/ssh_config.inside",
            inventory: "\(lab.directory)/inventory.ini", hosts: names)
        try workload.write()
        let contenders = Contender.all(workload: workload, hosts: count, rivals: rivals)
        var results = BenchTable(hosts: count, tasks: Workload.count)
        for round in 1...rounds {
            for contender in contenders {
                note("\(counted(count, "host")), round \(round): \(contender.name)")
                try lab.call(["reset"] + names)
                // apt's lists are a matter of the machine's image, not of the workload.
                for name in names { try lab.call(["enter", name, "apt-get", "-qq", "update"]) }
                results.add(contender.name, .first, try expect(contender, lab, nil))
                try damage(lab, host: names[0])
                results.add(
                    contender.name, .mending,
                    try expect(contender, lab, .tasks(Workload.damage.map(\.task), on: names[0])))
                results.add(contender.name, .second, try expect(contender, lab, .count(0)))
                results.add("floor", .second, try floor(lab, workload))
            }
        }
        return results.text
    }

    /// What a run must change.
    private enum Expectation {
        case count(Int)
        /// Exactly these. Of a contender that does not name what it changed nothing is demanded:
        /// some of the rivals' tasks count a broken thing twice, or mend it along the way.
        case tasks([String], on: String)
    }

    /// One run of a contender, which must succeed and tell of the changes that are expected.
    private func expect(
        _ contender: Contender, _ lab: BenchLab, _ expectation: Expectation?
    ) throws -> BenchTable.Figures {
        let (result, hosts) = try lab.measure(
            contender.command, environment: contender.environment)
        guard result.status == 0 else {
            throw BenchError("\(contender.name) ended with \(result.status):\n\(result.output)")
        }
        func demand(_ isMet: Bool, _ told: String, _ wanted: String) throws {
            guard !isMet else { return }
            throw BenchError(
                "\(contender.name) told of changes: \(told); there were: \(wanted)\n\(result.output)"
            )
        }
        switch expectation {
        case nil: break
        case .count(let count):
            let told = contender.changes(result.output)
            try demand(told == count, told.map(String.init) ?? "unknown", String(count))
        case .tasks(let tasks, let host):
            guard let told = contender.changedTasks?(result.output) else { break }
            let wanted = Set(tasks.map { "\(host)/bench/\($0)" })
            try demand(
                told == wanted, told.sorted().joined(separator: ", "),
                wanted.sorted().joined(separator: ", "))
        }
        return BenchTable.Figures(result, hosts: hosts)
    }

    private func floor(_ lab: BenchLab, _ workload: Workload) throws -> BenchTable.Figures {
        let (result, hosts) = try lab.measure(
            [try Self.program("bench"), "floor", workload.sshConfig] + workload.hosts)
        guard result.status == 0 else { throw BenchError("the floor: \(result.output)") }
        return BenchTable.Figures(result, hosts: hosts)
    }

    private func damage(_ lab: BenchLab, host: String) throws {
        for damage in Workload.damage {
            try lab.call(["enter", host, "sh", "-c", damage.script])
        }
    }

    /// A program beside this one.
    private static func program(_ name: String) throws -> String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        guard count > 0 else { throw BenchError("cannot find my own program") }
        let own = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let directory = own.split(separator: "/").dropLast().joined(separator: "/")
        let program = "/\(directory)/\(name)"
        guard access(program, X_OK) == 0 else {
            throw BenchError("build it first: swift build -c release --product \(name)")
        }
        return program
    }

    private func note(_ text: String) {
        let line = Array("bench: \(text)\n".utf8)
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
