import ArgumentParser
import Hosts
import Playbook
import Vocabulary

struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command on hosts; what they print is folded by likeness.",
        discussion: """
            Examples:
              finflowctl exec --env staging all -- uptime
              finflowctl exec --env staging 'app:!app-3' --become -- systemctl is-active payments
              finflowctl exec --env staging db -- sh -c 'df -h / | tail -1'

            Words are passed as they are: a pipe or a variable needs `sh -c`. The status is 0 \
            when the command ended with 0 everywhere, 3 when only on some hosts, 4 when none \
            could be reached.
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

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("no command: put it behind `--`") }
        guard timeout > 0 else { throw ValidationError("--timeout must be at least 1") }
    }

    func run() async throws {
        let workspace = try Workspace(environment)
        let pattern = try HostPattern(hosts, at: SourcePlace(file: "<pattern>", line: 1, column: 1))
        let chosen = try pattern.hosts(in: workspace.project.environment.inventory)
        let connector = try await connection.connector(for: workspace)
        let script: ShellScript = "\(command)"
        let options = ScriptOptions(
            privilege: become ? .root : .login, lane: .slow, timeout: .seconds(timeout))
        var folded = FoldedOutput()
        var statuses: [ExitStatus] = []
        if output.json { JSONView.print(["format": "finflowctl-exec", "version": 1]) }
        await withTaskGroup(of: (Host, Result<ScriptResult, any Error>).self) { group in
            var waiting = chosen[...]
            func startNext() {
                guard let host = waiting.popFirst() else { return }
                group.addTask {
                    (host, await Self.run(script, options, on: host, connector))
                }
            }
            for _ in 0..<connection.forks { startNext() }
            while let (host, result) = await group.next() {
                startNext()
                statuses.append(report(result, of: host, &folded))
            }
        }
        if !output.json { Stream.output.line(folded.text(style: Style(for: .output))) }
        throw Self.status(of: statuses).exit
    }

    private static func run(
        _ script: ShellScript, _ options: ScriptOptions, on host: Host, _ connector: HostConnector
    ) async -> Result<ScriptResult, any Error> {
        do {
            let session = try await connector.connect(to: host)
            do {
                let result = try await session.run(script, options: options)
                await session.close()
                return .success(result)
            } catch {
                await session.close()
                return .failure(error)
            }
        } catch {
            return .failure(error)
        }
    }

    private func report(
        _ result: Result<ScriptResult, any Error>, of host: Host, _ folded: inout FoldedOutput
    ) -> ExitStatus {
        switch result {
        case .success(let result):
            let isGood = result.status == 0
            let text = String(decoding: result.output, as: UTF8.self)
            let error = String(decoding: result.error, as: UTF8.self)
            if output.json {
                JSONView.print([
                    "host": .string(host.name.rawValue), "status": .int(Int(result.status)),
                    "output": .string(text), "error": .string(error),
                ])
            } else {
                folded.add(
                    .init(
                        status: isGood ? "" : "status \(result.status)", output: text,
                        error: error, isGood: isGood), host: host.name.rawValue)
            }
            return isGood ? .done : .failed
        case .failure(let error):
            let diagnostic =
                (error as? HostError)?.diagnostic(host: host.name)
                ?? Diagnostic(.taskFailed, "\(error)", subject: "host \(host.name)")
            if output.json {
                JSONView.print([
                    "host": .string(host.name.rawValue), "errors": [diagnostic.json],
                ])
            } else {
                Stream.error.line(
                    diagnostic.rendered(styled: Stream.error.isStyled) { _ in nil })
            }
            return diagnostic.status
        }
    }

    private static func status(of statuses: [ExitStatus]) -> ExitStatus {
        let failed = statuses.filter { $0 != .done }
        guard let first = failed.first else { return .done }
        if failed.count < statuses.count { return .partlyFailed }
        return failed.allSatisfy { $0 == first } ? first : .failed
    }
}
