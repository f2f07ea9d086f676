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
              finflowctl plan --env staging          what would change there
              finflowctl setup --env staging         change it
              finflowctl history                     who changed what, and when
              finflowctl drift --env staging         what somebody else changed there
              finflowctl explain FF0201              more about an error

            Exit statuses: 0 done or nothing to do, 1 failed, 2 changes pending (plan, drift), 3 some \
            hosts failed, 4 unreachable, 5 locked by another run, 64 usage, 65 bad input, 70 a bug, 130 \
            interrupted.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Hosts",
                subcommands: [
                    SetupCommand.self, PlanCommand.self, DriftCommand.self, UndoCommand.self,
                    HistoryCommand.self, UnlockCommand.self, ExecCommand.self,
                    InventoryCommand.self,
                ]),
            CommandGroup(
                name: "Playbooks",
                subcommands: [
                    CheckCommand.self, GraphCommand.self, SchemaCommand.self, DocCommand.self,
                ]),
            CommandGroup(name: "Backups", subcommands: [BackupCommand.self]),
            CommandGroup(name: "Credentials", subcommands: [SecretsCommand.self]),
            CommandGroup(
                name: "Reference", subcommands: [ExplainCommand.self, ManualCommand.self]),
        ])

    static func main() async {
        Stream.complete()
        // A reader that closes its end is noticed by write(2), not by dying.
        signal(SIGPIPE, SIG_IGN)
        // A core would hold every secret.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        DescriptorLimit.raise()
        Interrupts.listen()
        do {
            try refuseUnknownCommand(CommandLine.arguments.dropFirst().first)
            var command = try parseAsRoot()
            let kind = type(of: command)
            do {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            } catch let error as ValidationError {
                // Refers to the help of the command that it is about, not to that of all.
                Stream.error.line("Error: \(error.message)")
                Stream.error.line("  See '\(help(for: kind))' for more information.")
                end(with: .usage)
            }
            end(with: .done)
        } catch let failure as Failure {
            failure.report()
            RunRecords.fail(failure.diagnostics)
            end(with: failure.status)
        } catch let diagnostics as Diagnostics {
            let failure = Failure(diagnostics)
            failure.report()
            RunRecords.fail(diagnostics)
            end(with: failure.status)
        } catch let status as ExitCode {
            end(with: ExitStatus(rawValue: status.rawValue) ?? .failed)
        } catch is CancellationError {
            end(with: .interrupted)
        } catch {
            RunRecords.end(with: ExitStatus(rawValue: exitCode(for: error).rawValue) ?? .failed)
            exit(withError: error)
        }
    }

    private static func help(for command: any ParsableCommand.Type) -> String {
        let name = command.configuration.commandName.map { " \($0)" } ?? ""
        return "finflowctl\(group(of: command, in: Finflowctl.self) ?? "")\(name) --help"
    }

    /// The words between the program and a command of a group: ` secrets`.
    private static func group(
        of command: any ParsableCommand.Type, in parent: any ParsableCommand.Type
    ) -> String? {
        for child in parent.configuration.subcommands
            + parent.configuration.groupedSubcommands.flatMap(\.subcommands)
        {
            if child == command { return "" }
            if let words = group(of: command, in: child) {
                return " \(child.configuration.commandName ?? "")\(words)"
            }
        }
        return nil
    }

    private static func refuseUnknownCommand(_ word: String?) throws {
        guard let word, !word.hasPrefix("-"), word != "help" else { return }
        let names = configuration.groupedSubcommands.flatMap { $0.subcommands }
            .compactMap { $0.configuration.commandName }
        guard !names.contains(word) else { return }
        let hint = nearestName(to: word, among: names).map { "; did you mean `\($0)`?" } ?? ""
        throw ValidationError("there is no command `\(word.visible)`\(hint)")
    }

    /// Nothing is done of which the data could not be written (a full disk).
    private static func end(with status: ExitStatus) -> Never {
        RunRecords.end(with: status)
        guard let error = Stream.failure.withLock({ $0 }) else { Glibc.exit(status.rawValue) }
        Stream.error.line(
            "standard output could not be written: \(String(cString: strerror(error)))")
        Glibc.exit(status == .done ? ExitStatus.failed.rawValue : status.rawValue)
    }
}
