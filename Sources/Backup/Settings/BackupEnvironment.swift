public import Schema
public import Vocabulary

/// What an environment says of its databases and their backups, checked as a whole.
public struct BackupEnvironment: Sendable {
    public let name: String
    public let databases: [DatabaseSettings]
    public let settings: BackupSettings

    /// - Parameters:
    ///   - databases: the section `databases:`; `nil` where there is none.
    ///   - backup: the section `backup:`; `nil` where there is none.
    ///   - file: environment.yaml, for what is missing from it.
    public init(
        named name: String, databases: PlacedValue?, backup: PlacedValue?, file: String
    ) throws(Diagnostics) {
        var wrong = Diagnostics()
        let known = try databases.map(DatabaseSettings.section.read) ?? []
        guard let backup else {
            throw Diagnostics([
                Diagnostic(
                    .noBackupSection, "`\(name.visible)` does not say where its backups lie",
                    at: SourcePlace(file: file, line: 1, column: 1),
                    help:
                        "`finflowctl schema environment` and Playbooks/README.md show the section "
                        + "`backup:`.")
            ])
        }
        let settings = try BackupSettings.schema.read(backup)
        for reconciliation in settings.reconciliations {
            for side in [reconciliation.left, reconciliation.right]
            where !known.contains(where: { $0.name == side.database }) {
                let near = nearestName(to: side.database, among: known.map(\.name))
                wrong.add(
                    Diagnostic(
                        .invalidValue,
                        "`reconcile` \(reconciliation.name) asks `\(side.database.visible)`, which "
                            + "`databases:` does not name",
                        at: backup["reconcile"]?.place ?? backup.place,
                        hint: near.map { "did you mean `\($0)`?" }))
            }
        }
        if known.isEmpty, settings.sets.isEmpty {
            wrong.add(
                Diagnostic(
                    .nothingToBackUp, "there is nothing to back up in `\(name.visible)`",
                    at: backup.place, help: "Name databases as `databases:`, or files as `sets:`."))
        }
        try wrong.throwIfErrors()
        self.name = name
        self.databases = known
        self.settings = settings
    }

    /// The credentials of secrets.age that the databases are reached with.
    public var credentials: [String] { Set(databases.compactMap(\.credential)).sorted() }
}
