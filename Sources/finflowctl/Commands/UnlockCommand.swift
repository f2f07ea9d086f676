import ArgumentParser
import Hosts
import Record
import Setup
import Vocabulary

struct UnlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Take the locks of hosts away from a run that is gone.",
        discussion: """
            A lock ends by itself a minute after its run's last sign of life, so this is seldom \
            needed. The run that held it changes nothing more on the host, even if it still \
            lives; what it has left running there is ended. The reason is kept on the host.

            Examples:
              finflowctl unlock app-01 --env staging --reason "laptop was stolen"
              finflowctl unlock 'app:monitoring' --env staging --reason "CI runner is gone"
            """)

    @Argument(help: "Which hosts: names, groups, globs.")
    var hosts: String

    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("Why, for those who read the journal.", valueName: "text"))
    var reason: String

    func validate() throws {
        guard !reason.isEmpty else { throw ValidationError("--reason must say something") }
    }

    func run() async throws {
        output.begin("unlock")
        let start = ContinuousClock.now
        let workspace = try Workspace(environment)
        let meant = try workspace.hosts(hosts, from: "<hosts>")
        let places = workspace.memories(of: meant)
        let unknown = meant.filter { host in !places.contains { $0.host.name == host.name } }
        guard !places.isEmpty else { throw Failure(noTask(unknown)) }
        let connector = try await connection.connector(for: workspace)
        let who = RunIdentity.new(command: "unlock")
        let recorder = try await recorder(who, places.map(\.host), workspace)
        let unlocking = Unlocking(
            identity: who, reason: reason, recorder: recorder
        ) { try await connector.connect(to: $0) }
        var problems: [TaskProblem] = []
        for result in await unlocking.run(on: places, forks: connection.forks) {
            if case .failure(let problem) = result.outcome { problems.append(problem) }
            tell(result)
        }
        if !unknown.isEmpty { Failure(noTask(unknown)).report() }
        let status = status(problems, of: places.count, isWhole: unknown.isEmpty)
        do {
            try await recorder.end(
                RunEnding(
                    status: status, seconds: (ContinuousClock.now - start).seconds, counts: [:]),
                tasks: [])
        } catch {
            throw Records.failure(error, .recordUnwritable)
        }
        if status != .done { throw status.exit }
    }

    private func status(_ problems: [TaskProblem], of count: Int, isWhole: Bool) -> ExitStatus {
        if problems.isEmpty { return isWhole ? .done : .partlyFailed }
        guard problems.count == count else { return .partlyFailed }
        if problems.allSatisfy(\.isUnreachable) { return .unreachable }
        let isLocked = problems.allSatisfy {
            $0.diagnostics.all.allSatisfy { $0.status == .locked }
        }
        return isLocked ? .locked : .failed
    }

    private func noTask(_ hosts: [Host]) -> Diagnostic {
        Diagnostic(
            .noHosts,
            "no task of the playbooks is for \(hosts.map(\.name.rawValue).joined(separator: ", "))",
            help:
                "Where such a host remembers its runs is not known; `finflowctl graph` lists tasks."
        )
    }

    private func recorder(
        _ who: RunIdentity, _ hosts: [Host], _ workspace: Workspace
    ) async throws -> RunRecorder {
        let header = RunHeader(
            run: who.run, began: who.since, command: ["unlock", self.hosts],
            environment: workspace.environment, version: Finflowctl.configuration.version,
            selection: ["because": [reason]], hosts: hosts.map(\.name.rawValue))
        let store = try await Records.store(
            of: workspace.environment, at: workspace.project.environment.state)
        return RunRecorder(run: who.run, began: who.since, in: store) { header }
    }

    private func tell(_ result: Unlocking.Result) {
        let name = result.host.name.rawValue
        switch result.outcome {
        case .success(let taken):
            let words = taken.map { "taken from \($0.words)" } ?? "was not locked"
            if output.json {
                Stream.output.line(
                    JSON.object(compact: [
                        ("host", .string(name)), ("run", (taken?.run).map { .string($0.rawValue) }),
                        ("result", .string(words)),
                    ]).line)
            } else {
                Stream.output.line("\(name)  \(words)")
            }
        case .failure(let problem):
            Failure(problem.diagnostics).report()
            RunRecords.fail(problem.diagnostics)
        }
    }
}
