import ArgumentParser
import Setup
import Vocabulary

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what setup would change; exit status 2 when there is anything.",
        discussion: """
            Examples:
              finflowctl plan --env staging
              finflowctl plan --env production --limit monitoring || echo "not as it should be"
              finflowctl plan --env production --out change.plan     for `setup --plan change.plan`

            A change that somebody else made is marked `foreign`: the playbooks want what was last \
            applied, and the host has something else. `finflowctl drift` shows those alone.

            With --out, the plan is also kept in a file (for you alone), and `setup --plan` applies \
            exactly that. No values of secrets stand in it, nor those of --set: give those again \
            with `setup --plan`. What is known only once something before it has run is marked so, \
            and may then be anything that the playbooks say.
            """)

    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputOptions
    @OptionGroup var identity: IdentityOptions
    @OptionGroup var reporting: ReportArguments

    @Option(
        name: .customLong("out"),
        help: ArgumentHelp("Also keep the plan in a file, to apply it.", valueName: "file"))
    var planFile: String?

    func run() async throws {
        output.beginRun("plan", environment.environment)
        let session = RunSession(
            command: ["plan"], environment: environment, selection: selection,
            connection: connection, output: output, identity: identity, reporting: reporting)
        var performed = try await session.perform(.dryRun, contents: true)
        await session.conclude(&performed, contents: true)
        let conclusion = performed.conclusion
        if let planFile { try await session.keep(performed, in: planFile) }
        guard conclusion.status == .done, conclusion.hasChanges else {
            throw conclusion.status.exit
        }
        throw ExitStatus.changesPending.exit
    }
}
