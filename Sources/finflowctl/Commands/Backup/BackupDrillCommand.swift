import ArgumentParser
import Backup
import Vocabulary

struct BackupDrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Restore a snapshot into a server of its own, and compare: the only real proof.",
        discussion: """
            Examples:
              finflowctl backup drill --env production
              finflowctl backup drill --env production --scratch /srv/drill --jobs 4
              finflowctl backup drill 20261124T140312Z-k3f9q2 --env staging --json | jq .

            A PostgreSQL server of the snapshot's version is started in a directory of its own, \
            where nobody else can reach it. All databases are restored, their definitions, rows \
            and checksums are compared with the snapshot's, and the queries of `reconcile:` are \
            asked. The time to recover is that from the first object that is read until the last \
            table is proven. What was found is recorded, signed, beside the snapshot; a snapshot \
            that fails no longer counts as restored, and the exit status is 1.

            Nothing is left behind; what a killed drill has left the next one takes away. It needs \
            Debian's package postgresql-VERSION, room for all databases, and a secret key that \
            opens the snapshot: --identity.
            """)

    @OptionGroup var options: BackupOptions

    @Argument(help: ArgumentHelp("Which one; without it the newest.", valueName: "snapshot"))
    var snapshot: String?

    @Option(
        help: ArgumentHelp(
            "Where the server's files lie while it runs; 107 bytes are the limit for its socket.",
            valueName: "directory"))
    var scratch = "/var/tmp"

    @Option(help: "How many pg_restore fill a database at once.")
    var jobs = 2

    func validate() throws {
        guard jobs > 0 else { throw ValidationError("--jobs must be at least 1") }
        guard scratch.hasPrefix("/"), scratch.utf8.count <= 60 else {
            throw ValidationError("--scratch takes an absolute directory of up to 60 bytes")
        }
    }

    func run() async throws {
        options.output.begin("backup-drill", [.init("environment", .string(options.environment))])
        let workspace = try BackupWorkspace(options)
        let repository = try await workspace.repository()
        let entry = try await workspace.catalogue(of: repository)
            .entry(named: snapshot == "latest" ? nil : snapshot, in: repository)
        let signer = try await workspace.signingKey()
        var drill = SnapshotDrill(
            of: entry, from: SnapshotReader(repository, with: try await workspace.keyring()),
            programs: try await PostgresPrograms.installed(), in: scratch)
        drill.reconciliations = workspace.settings.reconciliations
        drill.jobs = jobs
        let view = RestoreView(options.output)
        let findings = try await backingUp {
            try await SnapshotLease.with(entry.manifest.id, for: "drill", in: repository) { _ in
                let findings = try await interruptible { [drill] in
                    try await drill.run { view.show($0) }
                }
                _ = try await drill.record(
                    findings, signedBy: signer, version: Finflowctl.configuration.version)
                return findings
            }
        }
        conclude(findings, entry)
        guard findings.problems.isEmpty else { throw ExitStatus.failed.exit }
    }

    private func conclude(_ findings: SnapshotDrill.Findings, _ entry: SnapshotCatalogue.Entry) {
        if options.output.json {
            for problem in findings.problems { JSONView.print(["problem": .string(problem)]) }
            for (name, isAlike) in findings.reconciliations {
                JSONView.print(["reconciliation": .string(name), "alike": .bool(isAlike)])
            }
            RunRecords.conclude([
                .init("snapshot", .string("\(entry.manifest.id)")),
                .init("restored", .bool(findings.problems.isEmpty)),
                .init("seconds_to_recover", .double(findings.timeToRecover.seconds)),
            ])
            return
        }
        for problem in findings.problems { Stream.output.line(problem.visible) }
        for name in findings.missing {
            Stream.error.line(
                "warning: \(name.visible) is not in the snapshot: nothing to reconcile")
        }
        let rows = findings.databases.reduce(0) { $0 + $1.rows }
        let tables = findings.databases.reduce(0) { $0 + $1.tables }
        let parts = [
            counted(findings.databases.count, "database"), counted(tables, "table"),
            counted(rows, "row"),
            findings.reconciliations.isEmpty
                ? nil : counted(findings.reconciliations.count, "reconciliation"),
            findings.problems.isEmpty
                ? "as they were dumped" : counted(findings.problems.count, "problem"),
        ]
        Stream.output.line(
            "\(entry.manifest.id)  " + parts.compactMap(\.self).joined(separator: ", ")
                + "; time to recover \(findings.timeToRecover.brief)")
    }
}
