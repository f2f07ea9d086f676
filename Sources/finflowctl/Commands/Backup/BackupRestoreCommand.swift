import ArgumentParser
import Backup
import Postgres
import Vocabulary

struct BackupRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Bring a snapshot back: all databases, one, or one table.",
        discussion: """
            Examples:
              finflowctl backup restore --env staging --database payments --as payments_look
              finflowctl backup restore --env production --database payments --confirm payments
              finflowctl backup restore 20261124T140312Z-k3f9q2 --env production \\
                  --database payments --table ledger.entry --as rescue.entry
              finflowctl backup restore --env production --server 'host=db-2 user=postgres'

            Each database is filled under a new name, its rows are counted and summed again and \
            compared with the manifest, and only when all are proven they take their places, each \
            by a rename. Nothing is overwritten unless its name is repeated with --confirm, and \
            what is replaced is kept as NAME__before_SNAPSHOT. While clients are connected to it \
            nothing is replaced, unless --disconnect cuts them off. A run that was killed is \
            finished by running it again.

            Roles that the server lacks are made, without passwords: none were kept. --table \
            restores one table with its indexes and keys; foreign keys, triggers, rules and \
            policies are named, and not restored. A secret key that opens the snapshot is needed: \
            --identity.
            """)

    @OptionGroup var options: BackupOptions

    @Argument(help: ArgumentHelp("Which one; without it the newest.", valueName: "snapshot"))
    var snapshot: String?

    @Option(
        help: ArgumentHelp(
            "This database alone, as `databases:` names it; can be repeated.", valueName: "name"))
    var database: [String] = []

    @Option(
        help: ArgumentHelp("This table of the database alone: `ledger.entry`.", valueName: "name"))
    var table: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("What the database or the table is to be called.", valueName: "name"))
    var newName: String?

    @Option(
        help: ArgumentHelp(
            "Another server than the environment's: libpq's words or a URI, without a password.",
            valueName: "conninfo"))
    var server: String?

    @Option(
        help: ArgumentHelp(
            "A database to connect to while others are made and renamed.", valueName: "name"))
    var maintenanceDatabase = "postgres"

    @Option(
        help: ArgumentHelp(
            "Replace the database or the table of this name; can be repeated.", valueName: "name"))
    var confirm: [String] = []

    @Flag(help: "Cut off the clients of a database that is replaced.")
    var disconnect = false

    @Option(help: "How many pg_restore fill a database at once.")
    var jobs: Int?

    func validate() throws {
        if table != nil, database.count != 1 {
            throw ValidationError("--table needs the --database that the table is in")
        }
        if newName != nil, database.count != 1 {
            throw ValidationError("--as is about one database: name it with --database")
        }
        guard (jobs ?? 1) > 0 else { throw ValidationError("--jobs must be at least 1") }
    }

    func run() async throws {
        options.output.begin(
            "backup-restore", [.init("environment", .string(options.environment))])
        let workspace = try BackupWorkspace(options)
        let repository = try await workspace.repository()
        let entry = try await workspace.catalogue(of: repository)
            .entry(named: snapshot == "latest" ? nil : snapshot, in: repository)
        if entry.level == nil {
            Stream.error.line("warning: nobody has proven this snapshot: \(entry.manifest.id)")
        }
        let reader = SnapshotReader(repository, with: try await workspace.keyring())
        let names = database.isEmpty ? entry.manifest.databases.map(\.name) : database
        let targets = try await targets(names, workspace)
        let view = RestoreView(options.output)
        let clock = ContinuousClock.now
        try await backingUp {
            try await SnapshotLease.with(entry.manifest.id, for: "restore", in: repository) { _ in
                if let table {
                    try await restore(table, entry, reader, targets[0], view)
                } else {
                    try await restore(entry, reader, targets, view)
                }
            }
        }
        if options.output.json {
            RunRecords.conclude([.init("seconds", .double((ContinuousClock.now - clock).seconds))])
        } else {
            Stream.error.line("It took \((ContinuousClock.now - clock).brief).")
        }
    }

    private struct Target: Sendable {
        var source: DatabaseSource
        var server: RestoreServer
        /// The environment's database on the server.
        var name: String
    }

    private func targets(
        _ names: [String], _ workspace: BackupWorkspace
    ) async throws -> [Target] {
        let sources = try await workspace.databases(names)
        let installed = try await PostgresPrograms.installed()
        var targets: [Target] = []
        for source in sources {
            var settings = source.settings
            if let server { settings = try other(server) }
            let target = try await backingUp {
                try await RestoreServer(
                    settings, maintenance: maintenanceDatabase, installed: installed)
            }
            targets.append(
                Target(
                    source: source, server: target, name: source.settings.database ?? source.name))
        }
        return targets
    }

    private func other(_ text: String) throws -> PostgresSettings {
        let settings = try self.settings(text)
        guard settings.password == nil else {
            throw Failure(
                Diagnostic(
                    .postgresSettings, "--server holds a password, which others can see",
                    help: "Put it into ~/.pgpass, or a file that PGPASSFILE names."))
        }
        return settings
    }

    private func settings(_ text: String) throws(Failure) -> PostgresSettings {
        do throws(PostgresError) {
            return try PostgresSettings(text)
        } catch {
            throw Failure(error.diagnostic())
        }
    }

    private func restore(
        _ entry: SnapshotCatalogue.Entry, _ reader: SnapshotReader, _ targets: [Target],
        _ view: RestoreView
    ) async throws {
        let restore = SnapshotRestore(
            of: entry.manifest, from: reader,
            targets.map { target in
                .init(
                    database: target.source.name, server: target.server,
                    target: newName ?? target.name, jobs: jobs ?? target.source.jobs)
            }, replacing: Set(confirm), disconnecting: disconnect)
        let restored = try await interruptible { try await restore.run { view.show($0) } }
        for one in restored {
            if options.output.json {
                JSONView.print(
                    .object(compact: [
                        ("restored", .string(one.database)), ("target", .string(one.target)),
                        ("previous", one.previous.map(JSON.string)),
                        ("tables", .int(one.tables)), ("rows", .int(one.rows)),
                        ("snapshot", .string("\(entry.manifest.id)")),
                    ]))
            } else {
                let kept = one.previous.map { "; the one before it is now \($0.visible)" } ?? ""
                Stream.output.line(
                    "\(one.target.visible): \(counted(one.tables, "table")), "
                        + "\(counted(one.rows, "row")), proven\(kept)")
            }
        }
    }

    private func restore(
        _ table: String, _ entry: SnapshotCatalogue.Entry, _ reader: SnapshotReader,
        _ target: Target, _ view: RestoreView
    ) async throws {
        let name = try name(table)
        let new = try newName.map(self.name) ?? name
        let title = "\(new.schema).\(new.table)"
        let restore = TableRestore(
            of: name, in: target.source.name, of: entry.manifest, from: reader,
            to: target.server, database: target.name, as: new,
            replacing: confirm.contains { self.isName(new, $0) })
        let restored = try await interruptible { try await restore.run { view.show($0) } }
        if options.output.json {
            JSONView.print(
                .object(compact: [
                    ("restored", .string(title)), ("database", .string(target.name)),
                    ("previous", restored.previous.map { .string("\($0.schema).\($0.table)") }),
                    ("rows", .int(restored.rows)),
                    ("omitted", .array(restored.omitted.map(JSON.string))),
                    ("snapshot", .string("\(entry.manifest.id)")),
                ]))
            return
        }
        let kept =
            restored.previous.map { "; the one before it is now \($0.schema).\($0.table)" } ?? ""
        Stream.output.line(
            "\(title.visible) in \(target.name.visible): \(counted(restored.rows, "row")), "
                + "proven\(kept.visible)")
        if !restored.omitted.isEmpty {
            Stream.error.line(
                "Not restored: " + restored.omitted.map(\.visible).joined(separator: ", "))
        }
    }

    private func name(_ text: String) throws -> TableRestore.Name {
        guard let name = TableRestore.Name(text) else {
            throw Failure(
                Diagnostic(
                    .restoreUnknownTable, "`\(text.visible)` is no name of a table",
                    help: "`ledger.entry`; with other letters `\"odd schema\".\"Table\"`."))
        }
        return name
    }

    private func isName(_ name: TableRestore.Name, _ text: String) -> Bool {
        TableRestore.Name(text) == name
    }
}
