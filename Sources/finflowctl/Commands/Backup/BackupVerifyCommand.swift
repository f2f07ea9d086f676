import ArgumentParser
import Backup
import Vocabulary

struct BackupVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check snapshots where they lie, and say exactly what is wrong.",
        discussion: """
            Examples:
              finflowctl backup verify --env production
              finflowctl backup verify --env production --read-data 10%      for a job of cron
              finflowctl backup verify --env production --read-data
              finflowctl backup verify latest --env production --readable --identity offline.key

            Without more, signatures, the chain of manifests, and the presence and size of every \
            object are checked. --read-data also reads the objects and compares their hashes; a \
            part in percent is another one each day, so that all have had their turn when as many \
            days have gone by as there are parts. --readable decrypts, decompresses and parses \
            them, and compares the rows of each table; it needs a secret key that opens them.

            Whole checks are recorded, signed, beside the snapshot, where the signing key is. The \
            exit status is 1 when anything is wrong.
            """)

    @OptionGroup var options: BackupOptions

    @Argument(
        help: ArgumentHelp(
            "Which ones, or `latest`; without any, all that the repository has.",
            valueName: "snapshot"))
    var snapshots: [String] = []

    @Option(
        defaultAsFlag: Percent.all,
        help: ArgumentHelp(
            "Also read the objects and compare their hashes: all, or a part each day.",
            valueName: "percent"))
    var readData: Percent?

    @Flag(help: "Also decrypt and parse everything.")
    var readable = false

    func run() async throws {
        options.output.begin(
            "backup-verify", [.init("environment", .string(options.environment))])
        let workspace = try BackupWorkspace(options)
        let repository = try await workspace.repository()
        let catalogue = try await workspace.catalogue(of: repository)
        let entries =
            snapshots.isEmpty
            ? catalogue.entries
            : try snapshots.map {
                try catalogue.entry(named: $0 == "latest" ? nil : $0, in: repository)
            }
        let depth: SnapshotVerification.Depth =
            readable
            ? .readable(try await workspace.keyring())
            : readData.map { .stored(percent: $0.value) } ?? .structure
        let verification = SnapshotVerification(
            repository: repository, signer: await workspace.signingKeyIfThere(),
            version: Finflowctl.configuration.version)
        let view = BackupViews.chosen(options.output)
        let result: Result<SnapshotVerification.Report, any Error>
        do {
            let report = try await backingUp {
                try await interruptible {
                    try await verification.run(entries, of: catalogue, depth) { view.show($0) }
                }
            }
            result = .success(report)
        } catch {
            result = .failure(error)
        }
        view.end()
        try conclude(try result.get(), entries)
    }

    private func conclude(
        _ report: SnapshotVerification.Report, _ entries: [SnapshotCatalogue.Entry]
    ) throws {
        let objects = entries.reduce(0) { $0 + $1.manifest.objects.count }
        if options.output.json {
            for finding in report.findings { JSONView.print(finding.record) }
            RunRecords.conclude([
                .init("snapshots", .int(entries.count)), .init("objects", .int(objects)),
                .init("read", .int(report.objects)), .init("bytes", .int(report.bytes)),
                .init("findings", .int(report.findings.count)),
            ])
        } else {
            for finding in report.findings { Stream.output.line(finding.message) }
            let read =
                report.objects > 0
                ? "; \(report.objects) of them read, \(ByteCount(report.bytes))" : ""
            let verdict =
                report.findings.isEmpty
                ? "all as they should be" : counted(report.findings.count, "finding")
            Stream.error.line(
                "\(counted(entries.count, "snapshot")), \(counted(objects, "object"))\(read): "
                    + verdict)
        }
        guard report.findings.isEmpty else { throw ExitStatus.failed.exit }
    }
}

/// `10%`, `100`
struct Percent: ExpressibleByArgument {
    let value: Int

    static let all = Percent(value: 100)

    private init(value: Int) {
        self.value = value
    }

    init?(argument: String) {
        let digits = argument.hasSuffix("%") ? argument.dropLast() : argument[...]
        guard let value = Int(digits), (1...100).contains(value) else { return nil }
        self.value = value
    }

    var defaultValueDescription: String { "\(value)%" }
}

extension SnapshotFinding {
    var record: JSON {
        .object(compact: [
            ("finding", .string(message)), ("snapshot", snapshot.map { .string("\($0)") }),
            ("object", object.map { .string("\($0)") }),
        ])
    }
}
