import ArgumentParser
import Backup
import Vocabulary

struct BackupCopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Bring snapshots to another repository, in another account or region.",
        discussion: """
            Examples:
              finflowctl backup copy --env production --to offsite
              finflowctl backup copy 20261124T140312Z-k3f9q2 --env production --to offsite

            Without a snapshot all go that the other repository lacks and has not pruned. Objects \
            are sent as they lie, encrypted, and are proven by their hashes before and after; the \
            manifest comes last. A copy that was killed is finished by running it again. \
            Repositories to copy to stand under `backup: copies:`.
            """)

    @OptionGroup var options: BackupOptions

    @Argument(help: ArgumentHelp("Which ones.", valueName: "snapshot"))
    var snapshots: [String] = []

    @Option(help: ArgumentHelp("The repository to copy to.", valueName: "name"))
    var to: String

    func run() async throws {
        options.output.begin("backup-copy", [.init("environment", .string(options.environment))])
        let workspace = try BackupWorkspace(options)
        let source = try await workspace.repository()
        let destination = try await workspace.repository(named: to)
        let copy = SnapshotCopy(
            from: source, to: destination, signer: try await workspace.signingKey(),
            version: Finflowctl.configuration.version)
        let catalogue = try await workspace.catalogue(of: source)
        let missing = copy.missing(catalogue, in: try await workspace.catalogue(of: destination))
        let named = try snapshots.map { try catalogue.entry(named: $0, in: source).manifest.id }
        let entries = missing.filter { named.isEmpty || named.contains($0.manifest.id) }
        let keys = try await workspace.trustedKeys()
        for entry in entries {
            let outcome = try await backingUp {
                try await interruptible { try await copy.run(entry) }
            }
            if options.output.json {
                JSONView.print([
                    "copied": .string("\(outcome.id)"), "objects": .int(outcome.sent),
                    "found": .int(outcome.found), "bytes": .int(outcome.bytes),
                ])
            } else {
                Stream.output.line(
                    "\(outcome.id)  \(counted(outcome.sent, "object")) sent, "
                        + "\(ByteCount(outcome.bytes))"
                        + (outcome.found > 0 ? ", \(outcome.found) were there" : ""))
            }
        }
        try await backingUp { try await copy.explainGaps(trusting: keys) }
        if !options.output.json, entries.isEmpty {
            Stream.error.line("\(destination.place.visible) has them all.")
        }
    }
}
