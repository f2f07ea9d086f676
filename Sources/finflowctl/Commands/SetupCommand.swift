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
              finflowctl setup --env staging --report run.html   also as a page
              finflowctl setup --env staging --json | jq .      for programs
              finflowctl setup --plan change.plan               exactly what `plan --out` found

            Interrupted or killed, it is finished by running it again. The first Ctrl-C lets \
            running tasks finish, the second one cuts them.

            --plan takes environment, hosts and tags from the file. Playbooks that have moved on \
            since are refused with status 65, and nothing is asked of a host. Then the hosts that \
            it changes are locked and planned once more; when what would change now is not what \
            the plan says, every difference is told, nothing is changed on any host, and the status \
            is 1. What is already as planned is no difference: after a kill the same command \
            finishes it, and a second time it changes nothing. A task that wants more than its plan \
            when its turn comes is left out, with what depends on it.
            """)

    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var locks: LockArguments
    @OptionGroup var output: OutputOptions
    @OptionGroup var identity: IdentityOptions
    @OptionGroup var reporting: ReportArguments

    @Flag(help: "Say what would change, with differences; change nothing.")
    var dryRun = false

    @Flag(help: "Show the differences of contents that are changed.")
    var diff = false

    @Option(help: ArgumentHelp("Apply exactly what `plan --out` has kept.", valueName: "file"))
    var plan: String?

    func validate() throws {
        guard plan == nil || !dryRun else {
            throw ValidationError("--plan and --dry-run exclude each other")
        }
    }

    func run() async throws {
        output.beginRun("setup", environment.environment)
        let session = RunSession(
            command: dryRun ? ["setup", "--dry-run"] : ["setup"], environment: environment,
            selection: selection,
            connection: connection, output: output, identity: identity, locks: locks.options,
            reporting: reporting)
        if let plan {
            let conclusion = try await RunSession.apply(
                plan, session, environmentIsGiven: environment.isNamed, contents: diff)
            throw conclusion.status.exit
        }
        let conclusion = try await session.run(
            dryRun ? .dryRun : .apply, contents: diff || dryRun)
        throw conclusion.status.exit
    }
}
