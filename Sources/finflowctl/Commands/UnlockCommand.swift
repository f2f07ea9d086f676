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
        let places = workspace.memories(of: try workspace.hosts(hosts, from: "<hosts>"))
        let connector = try await connection.connector(for: workspace)
        let who = RunIdentity.new(command: "unlock")
        let recorder = try recorder(who, places.map(\.host), workspace)
        let unlocking = Unlocking(
            identity: who, reason: reason, recorder: recorder
        ) { try await connector.connect(to: $0) }
        var failures = 0
        for result in await unlocking.run(on: places, forks: connection.forks) {
            if case .failure = result.outcome { failures += 1 }
            tell(result)
        }
        let status: ExitStatus =
            failures == 0 ? .done : failures == places.count ? .failed : .partlyFailed
        do {
            try await recorder.end(
                RunEnding(
                    status: status, seconds: (ContinuousClock.now - start).seconds, counts: [:]),
                tasks: [])
        } catch {
            throw Records.failure(error, .recordUnwritable)
        }
        if failures > 0 { throw status.exit }
    }

    private func recorder(
        _ who: RunIdentity, _ hosts: [Host], _ workspace: Workspace
    ) throws -> RunRecorder {
        let header = RunHeader(
            run: who.run, began: who.since, command: ["unlock", self.hosts],
            environment: workspace.environment, version: Finflowctl.configuration.version,
            selection: ["because": [reason]], hosts: hosts.map(\.name.rawValue))
        let store = try Records.store(
            of: workspace.environment, at: workspace.project.environment.state)
        return RunRecorder(run: who.run, began: who.since, in: store) { header }
    }

    private func tell(_ result: Unlocking.Result) {
        let name = result.host.name.rawValue
        switch result.outcome {
        case .success(let holder):
            let words = holder.map { "taken from \($0.inWords)" } ?? "was not locked"
            if output.json {
                Stream.output.line(
                    JSON.object(compact: [
                        ("host", .string(name)), ("run", holder.map { .string($0.run.rawValue) }),
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
