import ArgumentParser
import Backup
import Vocabulary

struct BackupShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what is in a snapshot: databases, moments, tables, objects, checks.",
        discussion: """
            Examples:
              finflowctl backup show                                   the newest
              finflowctl backup show 20261124T140312Z-k3f9q2 --env production
              finflowctl backup show --env production --tables
              finflowctl backup show --env production --json | jq 'select(.table)'
            """)

    @OptionGroup var options: BackupOptions

    @Argument(help: ArgumentHelp("Which one; without it the newest.", valueName: "snapshot"))
    var snapshot: String?

    @Flag(help: "Also list each table with its rows.")
    var tables = false

    func run() async throws {
        options.output.begin("backup", [.init("environment", .string(options.environment))])
        let workspace = try BackupWorkspace(options)
        let repository = try await workspace.repository()
        let catalogue = try await workspace.catalogue(of: repository)
        let entry = try catalogue.entry(named: snapshot, in: repository)
        guard options.output.json else {
            let picture = SnapshotPicture(entry, withTables: tables)
            return Stream.output.line(picture.text(Style(for: .output)))
        }
        for record in SnapshotPicture(entry, withTables: true).records { JSONView.print(record) }
    }
}

extension SnapshotCatalogue {
    /// The one that an operator names; the newest without a name.
    func entry(named name: String?, in repository: any Repository) throws -> Entry {
        guard let name else {
            guard let newest else {
                throw Failure(
                    Diagnostic(
                        .unknownSnapshot, "there is no snapshot in \(repository.place.visible)",
                        help: "`finflowctl backup create` makes one."))
            }
            return newest
        }
        let named = entries.filter { "\($0.manifest.id)".hasPrefix(name) }
        guard named.count == 1, let entry = named.first else {
            let problem =
                named.isEmpty
                ? "there is no snapshot `\(name.visible)` in \(repository.place.visible)"
                : "`\(name.visible)` begins the names of \(named.count) snapshots"
            throw Failure(Diagnostic(.unknownSnapshot, problem))
        }
        return entry
    }
}
