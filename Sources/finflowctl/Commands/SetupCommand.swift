import ArgumentParser
import Setup
import Vocabulary

struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Make every host what the playbooks say.",
        discussion: """
            Examples:
              finflowctl setup                                  this machine's own FinFlow tree
              finflowctl setup --env staging --dry-run          what would change, as a diff
              finflowctl setup --env staging --limit 'app:!app-03'
              finflowctl setup --env production --tags sshd firewall
              finflowctl setup --env staging --json | jq .      for programs

            Interrupted or killed, it is finished by running it again. The first Ctrl-C lets \
            running tasks finish, the second one cuts them.
            """)

    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var locks: LockArguments
    @OptionGroup var output: OutputOptions
    @OptionGroup var identity: IdentityOptions

    @Flag(help: "Say what would change, with differences; change nothing.")
    var dryRun = false

    @Flag(help: "Show the differences of contents that are changed.")
    var diff = false

    func run() async throws {
        let session = RunSession(
            command: dryRun ? ["setup", "--dry-run"] : ["setup"], environment: environment,
            selection: selection,
            connection: connection, output: output, identity: identity, locks: locks.options)
        let conclusion = try await session.run(
            dryRun ? .dryRun : .apply, contents: diff || dryRun)
        throw conclusion.status.exit
    }
}
