import ArgumentParser
import Setup
import Vocabulary

struct UndoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Put back what a run changed on its hosts, in reverse order.",
        discussion: """
            Examples:
              finflowctl undo last --env staging --dry-run      what would be put back, as a diff
              finflowctl undo 20261124T140312Z-k3f9q2 --env production
              finflowctl undo 20261124T1403 --env production    a beginning is enough
              finflowctl undo last --env production --limit app-03

            The hosts remember what each run changed: any machine that reaches them can undo it. \
            What somebody changed again since is named and left alone; a command that was run, or \
            a secret that was not FinFlow's, cannot be put back and is named too. Secrets come \
            back with the values that they have now. An undo is a run as well, and can be undone.

            The exit status is 0 when all is as before, 3 when something was left alone or could \
            not be put back, 1 when nothing could be put back; with --dry-run it tells what it \
            would be.
            """)

    @Argument(help: "The run: its name, the beginning of its name, or `last`.")
    var name: String

    @OptionGroup var environment: EnvironmentOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Only on these hosts: names, groups, globs, `a,b`, `a:&b`, `a:!b`.",
            valueName: "pattern"))
    var limit: String?

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var locks: LockArguments
    @OptionGroup var output: OutputOptions
    @OptionGroup var identity: IdentityOptions

    @Flag(help: "Say what would be put back, with differences; change nothing.")
    var dryRun = false

    @Flag(help: "Show the differences of contents that are put back.")
    var diff = false

    func run() async throws {
        output.beginRun("undo", environment.environment)
        var selection = SelectionOptions()
        (selection.limit, selection.tags, selection.skipTags) = (limit, [], [])
        let stage = RunSession(
            command: ["undo", name] + (dryRun ? ["--dry-run"] : []), environment: environment,
            selection: selection, connection: connection, output: output, identity: identity,
            locks: locks.options)
        let session = UndoSession(name: name, isDryRun: dryRun, showsContents: diff, stage: stage)
        throw try await session.run().status.exit
    }
}
