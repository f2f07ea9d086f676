import ArgumentParser
import Backup
import Vocabulary

struct BackupListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the snapshots of a repository, oldest first.",
        discussion: """
            Examples:
              finflowctl backup list
              finflowctl backup list --env production --repository offsite
              finflowctl backup list --env production --json | jq -r 'select(.snapshot) | .snapshot'

            The level says how far a snapshot has been proven: stored (read again where it lies), \
            readable (decrypted and parsed to its end), restored (a drill). What has no manifest \
            is no snapshot, and is not listed.
            """)

    @OptionGroup var options: BackupOptions

    func run() async throws {
        options.output.begin("backups", [.init("environment", .string(options.environment))])
        let workspace = try BackupWorkspace(options)
        let repository = try await workspace.repository()
        let catalogue = try await workspace.catalogue(of: repository)
        if options.output.json {
            for entry in catalogue.entries { JSONView.print(entry.record) }
        } else if catalogue.entries.isEmpty {
            Stream.error.line("There is no snapshot in \(repository.place.visible).")
        } else {
            Stream.output.line(SnapshotTable(catalogue.entries).text(Style(for: .output)))
        }
        guard !catalogue.problems.isEmpty else { return }
        for problem in catalogue.problems { 
            Stream.error.line("warning: \(problem.diagnostic.sentence)")
        }
    }
}
