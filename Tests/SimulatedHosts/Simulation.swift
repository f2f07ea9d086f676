internal import FoundationEssentials
internal import Glibc
internal import Hosts
internal import Playbook
internal import Setup
internal import TaskGraph

/// A run of `setup` over hosts that answer from memory, measured.
public enum Simulation {
    public enum Work: String, CaseIterable, Sendable {
        /// All is as it should be.
        case nothing
        /// Every task changes something.
        case all
    }

    public struct Figures: Sendable {
        public var hosts = 0
        public var tasks = 0
        public var changed = 0
        public var asked = RecordedAnswers.Counts()
        /// Operations on queues and edges of the run's scheduler.
        public var effort = 0
        /// Processor seconds: of reading and expanding the playbooks, and of the run.
        public var loading = 0.0
        public var running = 0.0
        /// By which the process has grown, in bytes.
        public var memory = 0
    }

    /// - Parameters:
    ///   - directory: is made, and left.
    ///   - batch: as a play says it; without, all hosts take part at the same time.
    ///   - lastWaits: whether the last host makes no change before another one was left.
    public static func run(
        _ work: Work, hosts: Int, batch: String? = nil, lastWaits: Bool = false,
        in directory: String
    ) async throws -> Figures {
        let real = ShellSession(over: LocalTransport(), becomes: false)
        if work == .nothing {
            try write(work, hosts: 1, batch: nil, in: directory)
            _ = try await measured(in: directory) { _ in
                ShellSession(over: LocalTransport(), becomes: false)
            }
        }
        try write(work, hosts: hosts, batch: batch, in: directory)
        let memory = RecordedAnswers(from: real)
        let (left, leaving) = AsyncStream.makeStream(of: Void.self)
        let firstLeft = Task { for await _ in left { break } }
        var figures = try await measured(in: directory) { host in
            let waits = lastWaits && host.name == HostName("host-\(hosts)")
            return WatchedSession(base: memory.session, before: waits ? firstLeft : nil) {
                leaving.yield()
            }
        }
        leaving.finish()
        await real.close()
        figures.asked = memory.takeCounts()
        return figures
    }

    private static func measured(
        in directory: String, connect: @escaping @Sendable (Host) async throws -> any HostSession
    ) async throws -> Figures {
        let (began, size) = (processor(), resident())
        let project = try Project.load(root: directory, environment: "simulated")
        let graph = try project.graph()
        let loaded = processor()
        let setup = SetupRun(
            graph, mode: .apply, detail: .decision, identity: .new(command: "setup"),
            // No heartbeats, of which there would be more the longer it takes.
            locks: LockOptions(expiry: .seconds(86_400)), connect: connect)
        var options = RunOptions()
        options.limit = 400
        options.perHost = 64
        let result = await setup.run(options) { _ in }
        var figures = Figures()
        figures.hosts = project.inventory.hosts.count
        figures.tasks = graph.tasks.count
        figures.changed = result.summary[.changed]
        figures.effort = result.effort
        figures.loading = loaded - began
        figures.running = processor() - loaded
        figures.memory = resident() - size
        guard let problem = result.failed.first else { return figures }
        throw SimulationError(description: "\(problem.id): \(problem.status)")
    }
}

public struct SimulationError: Error, CustomStringConvertible {
    public let description: String
}

/// Tells when it is closed, and may wait before it makes a change.
private struct WatchedSession: HostSession {
    let base: SimulatedSession
    let before: Task<Void, Never>?
    let closed: @Sendable () -> Void

    func observe(_ questions: [any Probe], privilege: Privilege) async throws -> Answers {
        try await base.observe(questions, privilege: privilege)
    }

    func run(_ script: ShellScript, options: ScriptOptions) async throws -> ScriptResult {
        await before?.value
        return try await base.run(script, options: options)
    }

    func upload(
        _ source: UploadSource, to path: String, privilege: Privilege, prologue: ShellScript
    ) async throws {
        try await base.upload(source, to: path, privilege: privilege, prologue: prologue)
    }

    func download(
        _ path: String, privilege: Privilege, _ body: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        try await base.download(path, privilege: privilege, body)
    }

    func close() async {
        await base.close()
        closed()
    }
}

// MARK: Playbooks

extension Simulation {
    private static func write(
        _ work: Work, hosts: Int, batch: String?, in directory: String
    ) throws {
        let place = "\(directory)/\(work)"
        let names = (1...hosts).map { "    host-\($0): { transport: local, become: false }\n" }
        let notify = work == .all ? "    notify: [told]\n" : ""
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true)
        var tasks = ""
        for number in 1...16 {
            tasks += """
                  - id: file-\(number)
                \(notify)\
                    file: { path: \(place)/file-\(number), content: "{{ greeting }} \(number)\\n" }
                  - id: line-\(number)
                    line: { path: \(place)/lines-\(number), line: "line {{ number }}", create: true }
                  - id: link-\(number)
                    symlink: { path: \(place)/link-\(number), target: file-\(number) }

                """
        }
        let files = [
            "site.yaml": "- hosts: all\n" + (batch.map { "  batch: \($0)\n" } ?? "")
                + "  roles: [role]\n",
            "environments/simulated/environment.yaml":
                "inventory:\n  hosts:\n\(names.joined())"
                + "vars: { greeting: hello, number: 1, state_directory: \(place).state }\n",
            "roles/role/role.yaml": "role: role\ntasks:\n\(tasks)"
                + (work == .all
                    ? "handlers:\n  - id: told\n    command: { run: 'true', always: true }\n" : "")
                ,
        ]
        for (name, text) in files {
            let file = URL(filePath: "\(directory)/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }
}

// MARK: Measuring

extension Simulation {
    private static func processor() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static func resident() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
