import ArgumentParser
import Backup
import Vocabulary

struct BackupCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a snapshot of all databases and configuration sets, and read it back.",
        discussion: """
            Examples:
              finflowctl backup create --env staging
              finflowctl backup create --env production --lock-wait 300
              finflowctl backup create --env production --json | jq -r 'select(.level) | .snapshot'

            All databases are dumped as of one moment, in parallel, encrypted to the recipients \
            of `backup:`, and each object is read again where it lies: only then is the manifest \
            written, and the snapshot is there. It fails rather than keep a dump that lacks \
            something: a table that was truncated or dropped meanwhile, or that came out empty. \
            What was written until then is removed.

            On a terminal it shows how far it is; elsewhere it prints one line at the end.
            """)

    @OptionGroup var options: BackupOptions

    @Option(
        help: ArgumentHelp(
            "Give up on a table that somebody else has locked after so many seconds.",
            valueName: "seconds"))
    var lockWait = 60

    @Option(help: "How many databases are dumped at a time.")
    var parallel = 2

    func validate() throws {
        guard lockWait > 0 else { throw ValidationError("--lock-wait must be at least 1") }
        guard parallel > 0 else { throw ValidationError("--parallel must be at least 1") }
    }

    func run() async throws {
        options.output.begin(
            "backup-create", [.init("environment", .string(options.environment))])
        let workspace = try BackupWorkspace(options)
        let repository = try await workspace.repository()
        var creation = SnapshotCreation(
            environment: workspace.environment, sources: try await workspace.databases(),
            repository: repository, signer: try await workspace.signingKey(),
            trusted: try await workspace.trustedKeys(),
            version: Finflowctl.configuration.version)
        creation.lockWait = .seconds(lockWait)
        creation.parallel = parallel
        let view = BackupViews.chosen(options.output)
        let clock = ContinuousClock.now
        let result: Result<CreatedSnapshot, any Error>
        do {
            let made = try await backingUp {
                try await interruptible { [creation] in
                    try await creation.run { view.show($0) }
                }
            }
            result = .success(made)
        } catch {
            result = .failure(error)
        }
        view.end()
        conclude(try result.get(), after: ContinuousClock.now - clock)
    }

    private func conclude(_ made: CreatedSnapshot, after duration: Duration) {
        let manifest = made.manifest
        let entry = SnapshotCatalogue.Entry(made, level: .stored)
        if options.output.json {
            JSONView.print(entry.record)
            RunRecords.conclude([.init("seconds", .double(duration.seconds))])
            return
        }
        let plain = manifest.objects.reduce(0) { $0 + $1.plain.size }
        let parts = [
            counted(manifest.databases.count, "database"),
            manifest.sets.isEmpty ? nil : counted(manifest.sets.count, "set"),
            "\(ByteCount(plain)) in \(ByteCount(entry.size)) stored",
            "read back", duration.brief,
        ]
        Stream.output.line(
            "\(manifest.id)  " + parts.compactMap(\.self).joined(separator: ", "))
    }
}
