import ArgumentParser
import Backup
import Vocabulary

struct BackupPruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove snapshots that nobody is to keep, and what killed runs have left.",
        discussion: """
            Examples:
              finflowctl backup prune --env production --dry-run
              finflowctl backup prune --env production
              finflowctl backup prune --env staging --keep-last 2 --keep-daily 0 --confirm staging

            What is kept stands in `backup: keep:`. Only snapshots that were read back to their \
            end count (`verify --readable`, `drill`), each database for itself, and so many good \
            ones as `minimum` says stay whatever else is said. What is being written or read, and \
            what the store keeps (Object Lock), stays too. Options that say otherwise than \
            environment.yaml need --confirm with the environment's name.

            What goes is first named in a signed record; a run that was killed is finished by the \
            next one. Objects without a manifest go when they are older than a day and nobody \
            writes them.
            """)

    @OptionGroup var options: BackupOptions

    @Option(help: "Keep the newest so many.") var keepLast: Int?
    @Option(help: "Keep the newest of each of so many days.") var keepDaily: Int?
    @Option(help: "Keep the newest of each of so many weeks.") var keepWeekly: Int?
    @Option(help: "Keep the newest of each of so many months.") var keepMonthly: Int?

    @Flag(help: "Say what would go, and change nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "The environment's name, where options say otherwise than its file.",
            valueName: "environment"))
    var confirm: String?

    private var given: [Int] { [keepLast, keepDaily, keepWeekly, keepMonthly].compactMap(\.self) }

    func validate() throws {
        guard given.allSatisfy({ $0 >= 0 }) else {
            throw ValidationError("--keep-… takes numbers from 0 on")
        }
        if !given.isEmpty, !dryRun, confirm != options.environment {
            throw ValidationError(
                "--keep-… says otherwise than environment.yaml: add --confirm \(options.environment)"
            )
        }
    }

    func run() async throws {
        options.output.begin("backup-prune", [.init("environment", .string(options.environment))])
        let workspace = try BackupWorkspace(options)
        let repository = try await workspace.repository()
        let keep = workspace.settings.keep
        let pruning = SnapshotPruning(
            repository: repository, signer: try await workspace.signingKey(),
            policy: RetentionPolicy(
                last: keepLast ?? keep.last, daily: keepDaily ?? keep.daily,
                weekly: keepWeekly ?? keep.weekly, monthly: keepMonthly ?? keep.monthly,
                minimum: keep.minimum),
            lock: try workspace.repositorySettings(named: options.repository).lock)
        let keys = try await workspace.trustedKeys()
        let plan = try await backingUp { try await pruning.plan(trusting: keys) }
        show(plan)
        guard !dryRun else { return }
        let outcome = try await backingUp { try await pruning.apply(plan) }
        conclude(plan, outcome)
        guard outcome.retained.isEmpty else { throw ExitStatus.partlyFailed.exit }
    }

    private func show(_ plan: SnapshotPruning.Plan) {
        if options.output.json {
            for (id, reasons) in plan.retention.kept {
                JSONView.print([
                    "snapshot": .string("\(id)"), "kept": .bool(true),
                    "reasons": .array(reasons.map { .string("\($0)") }),
                ])
            }
            for link in plan.removed {
                JSONView.print(["snapshot": .string("\(link.id)"), "kept": .bool(false)])
            }
            for object in plan.orphans {
                JSONView.print(["orphan": .string("\(object.key)"), "bytes": .int(object.size)])
            }
            return
        }
        let style = Style(for: .output)
        for (id, reasons) in plan.retention.kept {
            Stream.output.line(
                "  keep    \(id)  \(reasons.map { "\($0)" }.joined(separator: ", "))")
        }
        for link in plan.removed { Stream.output.line(style.red("- remove") + "  \(link.id)") }
        for id in plan.unfinished {
            Stream.output.line(style.red("- remove") + "  \(id)  named by an earlier run")
        }
        if !plan.orphans.isEmpty || !plan.debris.isEmpty {
            Stream.output.line(
                style.red("- remove")
                    + "  \(counted(plan.orphans.count + plan.debris.count, "object")) without a snapshot"
            )
        }
        if dryRun {
            Stream.error.line(
                plan.isEmpty ? "There is nothing to prune." : "Nothing was changed: --dry-run.")
        }
    }

    private func conclude(_ plan: SnapshotPruning.Plan, _ outcome: SnapshotPruning.Outcome) {
        if options.output.json {
            RunRecords.conclude([
                .init("removed", .int(plan.removed.count)), .init("objects", .int(outcome.objects)),
                .init("bytes", .int(outcome.bytes)),
                .init("retained", .int(outcome.retained.count)),
            ])
            return
        }
        Stream.error.line(
            "\(counted(plan.removed.count, "snapshot")) and \(counted(outcome.objects, "object")) "
                + "removed, \(ByteCount(outcome.bytes)).")
        if !outcome.retained.isEmpty {
            Stream.error.line(
                "The store keeps \(counted(outcome.retained.count, "object")) for now; a later "
                    + "prune removes them.")
        }
    }
}
