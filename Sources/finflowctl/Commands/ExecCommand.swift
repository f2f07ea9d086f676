import ArgumentParser
import Hosts
import Playbook
import Setup
import TaskGraph
import Vocabulary

struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command on hosts; what they print is folded by likeness.",
        discussion: """
            Examples:
              finflowctl exec --env staging all -- uptime
              finflowctl exec --env staging 'app:!app-03' --become -- systemctl is-active finflow-payments
              finflowctl exec --env staging servers -- sh -c 'df -h / | tail -1'

            Words are passed as they are: a pipe or a variable needs `sh -c`. Of what a host \
            prints, the first and the last megabyte of each stream are shown. The status is 0 \
            when the command ended with 0 everywhere, 3 when only on some hosts, 4 when none \
            could be reached. The first Ctrl-C begins on no further host, the second one cuts.
            """)

    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputOptions

    @Flag(help: "Run it as root.")
    var become = false

    @Option(help: ArgumentHelp("End the command after so many seconds.", valueName: "seconds"))
    var timeout = 300

    @Argument(help: "The hosts: a pattern as for --limit.")
    var hosts: String

    @Argument(parsing: .postTerminator, help: "The command and its words, behind `--`.")
    var command: [String]

    /// Of the beginning, and of the end, of each stream of each host.
    private static let kept = ByteCount.mebibytes(1)

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("no command: put it behind `--`") }
        guard timeout > 0 else { throw ValidationError("--timeout must be at least 1") }
    }

    func run() async throws {
        output.begin("exec")
        let workspace = try Workspace(environment)
        let chosen = try workspace.hosts(hosts, from: "<pattern>")
        let connector = try await connection.connector(for: workspace)
        let stop = StopSignal()
        Interrupts.forward(to: stop)
        let run = AdHocRun(
            "\(command)",
            options: ScriptOptions(
                privilege: become ? .root : .login, lane: .slow, timeout: .seconds(timeout),
                keptOutput: Self.kept),
            forks: connection.forks
        ) { try await connector.connect(to: $0) }
        let view = ExecView(chosen, isJSON: output.json)
        let idle = await run.run(on: chosen, stop: stop) { view.show($0) }
        view.conclude(notBegun: idle)
        throw (stop.level > .running ? .interrupted : view.status).exit
    }
}
