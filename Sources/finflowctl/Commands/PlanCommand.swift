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
            """)

    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputOptions
    @OptionGroup var identity: IdentityOptions

    func run() async throws {
        let session = RunSession(
            command: ["plan"], environment: environment, selection: selection,
            connection: connection, output: output, identity: identity)
        let conclusion = try await session.run(.dryRun, contents: true)
        guard conclusion.status == .done, conclusion.hasChanges else {
            throw conclusion.status.exit
        }
        throw ExitStatus.changesPending.exit
    }
}
