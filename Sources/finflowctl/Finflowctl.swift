import ArgumentParser
import Glibc
import Vocabulary

@main
struct Finflowctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finflowctl",
        abstract: "Operate FinFlow: make its hosts what the playbooks say.",
        discussion: """
            Everything is a graph of idempotent tasks: observed, planned, applied, recorded. A \
            second run changes nothing, and a run that was killed is finished by running it again.

              finflowctl setup --env local           this machine's own FinFlow tree
              finflowctl plan --env staging          what would change; exit status 2 if anything
              finflowctl setup --env staging         change it
              finflowctl explain FF0207              more about an error

            Exit statuses: 0 done or nothing to do, 1 failed, 2 changes pending (plan), 3 some \
            hosts failed, 4 unreachable, 64 usage, 65 bad input, 70 a bug, 130 \
            interrupted.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Hosts",
                subcommands: [
                    SetupCommand.self, PlanCommand.self, ExecCommand.self, InventoryCommand.self,
                ]),
            CommandGroup(
                name: "Playbooks",
                subcommands: [
                    CheckCommand.self, GraphCommand.self, SchemaCommand.self, DocCommand.self,
                ]),
            CommandGroup(
                name: "Reference", subcommands: [ExplainCommand.self, ManualCommand.self]),
        ])

    static func main() async {
        // A reader that closes its end is noticed by write(2), not by dying.
        signal(SIGPIPE, SIG_IGN)
        Interrupts.listen()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            failure.report()
            Glibc.exit(failure.status.rawValue)
        } catch let diagnostics as Diagnostics {
            let failure = Failure(diagnostics)
            failure.report()
            Glibc.exit(failure.status.rawValue)
        } catch is CancellationError {
            Glibc.exit(ExitStatus.interrupted.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
