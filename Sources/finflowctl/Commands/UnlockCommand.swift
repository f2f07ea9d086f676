import ArgumentParser
import Hosts
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
              finflowctl unlock app-1 --env staging --reason "laptop was stolen"
              finflowctl unlock 'app:db' --env staging --reason "CI runner is gone"
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
        let workspace = try Workspace(environment)
        let places = workspace.memories(of: try workspace.hosts(hosts, from: "<hosts>"))
        let connector = try await connection.connector(for: workspace)
        let unlocking = Unlocking(
            identity: .new(command: "unlock"), reason: reason
        ) { try await connector.connect(to: $0) }
        if output.json {
            Stream.output.line(
                JSON.object([.init("format", "finflowctl-unlock"), .init("version", 1)]).line)
        }
        var failures = 0
        for result in await unlocking.run(on: places, forks: connection.forks) {
            if case .failure = result.outcome { failures += 1 }
            tell(result)
        }
        if failures > 0 {
            throw (failures == places.count ? ExitStatus.failed : .partlyFailed).exit
        }
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
        }
    }
}
