import ArgumentParser
import Loop
import Record
import Setup
import Vocabulary

struct DriftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Say what somebody else changed on hosts; exit status 2 when there is anything.",
        discussion: """
            Examples:
              finflowctl drift --env staging
              finflowctl drift --env production --limit app --json | jq .
              finflowctl drift --env production --textfile /var/lib/prometheus/node-exporter/drift.prom

            Drift is what differs from what was last applied, not what the playbooks now ask for: \
            `plan` shows both. Each difference is told with the time before which it was not made, \
            and of files when they were last changed. Hosts that cannot be looked at are named, \
            and the exit status is theirs (3, 4) whatever else was found. Handlers that are due \
            and commands that run each time are no drift.

            --textfile writes the metrics finflow_drift_* for the node exporter, whole or not at \
            all, whatever the outcome. A check that could not begin leaves the old file: alert on \
            finflow_drift_last_check_timestamp_seconds, too.
            """)

    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputOptions
    @OptionGroup var identity: IdentityOptions

    @Option(
        help: ArgumentHelp(
            "Also write metrics for the textfile collector of the node exporter.",
            valueName: "path"))
    var textfile: String?

    func run() async throws {
        output.begin("drift", [.init("environment", .string(environment.environment))])
        let session = RunSession(
            command: ["drift"], environment: environment, selection: selection,
            connection: connection, output: output, identity: identity)
        let performed = try await session.perform(.dryRun, contents: true)
        let conclusion = performed.conclusion
        let drift = DriftList(conclusion.result, performed.labels)
        let status: ExitStatus =
            conclusion.status == .done && !drift.isEmpty ? .changesPending : conclusion.status
        if let textfile, conclusion.result.summary.stop == .running {
            let metrics = DriftMetrics(
                drift, environment: environment.environment, checkedAt: .now)
            do throws(SystemError) {
                try await WholeFile(checking: textfile).write(Array(metrics.text.utf8), mode: 0o644)
            } catch {
                throw Failure(
                    Diagnostic(
                        .unwritableOutput,
                        "`\(textfile.visible)` cannot be written: \(error.reason)"))
            }
        }
        if output.json {
            for record in drift.records { JSONView.print(record) }
        } else {
            let list = drift.text(style: Style(for: .output))
            if !list.isEmpty { Stream.output.line(list + "\n") }
            Stream.error.line(drift.conclusion(conclusion, style: Style(for: .error)))
        }
        throw status.exit
    }
}
