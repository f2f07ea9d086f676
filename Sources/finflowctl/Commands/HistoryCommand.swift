import ArgumentParser
import Playbook
import Record
import Report
import Vocabulary

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract:
            "List the runs of an environment, or show one: who changed what, and what came of it.",
        discussion: """
            Examples:
              finflowctl history                            the last runs, the newest first
              finflowctl history last                       what the last one changed
              finflowctl history last --report /tmp/run.html     the same as a page
              finflowctl history --verify                   whether any record was tampered with
              finflowctl history --json | jq .              for programs

            A run is named by its id, the beginning of it, the six letters at its end, or `last`. \
            Kept are 5,000 runs and 400 days of those that changed something or failed, and 1,000 \
            and 100 days of those that found nothing to do.
            """)

    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var reporting: ReportArguments

    @Option(help: ArgumentHelp("How many runs are listed.", valueName: "number"))
    var limitRuns = 20

    @Flag(help: "Check that nothing is missing or was changed since it was written.")
    var verify = false

    @Argument(help: "The run to show.")
    var run: String?

    func validate() throws {
        guard limitRuns > 0 else { throw ValidationError("--limit-runs must be at least 1") }
        if reporting.report != nil, run == nil {
            throw ValidationError("--report is about one run: name it, or say `last`")
        }
        if verify, reporting.report != nil {
            throw ValidationError("--verify checks records and draws nothing: leave out --report")
        }
    }

    func run() async throws {
        let place = try StatePlace.of(
            environment: environment.environment, root: environment.playbooks)
        let store = try await Records.store(of: environment.environment, at: place)
        let file = try await reporting.file()
        do {
            let archive = RunArchive(store)
            let named: RunID? =
                if let run { try await archive.run(named: run) } else { nil }
            if verify {
                try await check(store, named)
            } else if let named {
                try await show(named, archive, file)
            } else {
                try await list(archive, store)
            }
        } catch let error as UnknownRunError {
            throw Failure(error.diagnostic)
        } catch let error as StateStoreError {
            throw Records.failure(error, .recordUnreadable)
        }
    }

    private func list(_ archive: RunArchive, _ store: any StateStore) async throws {
        let runs = try await archive.runs()
        let outlines = try await archive.outlines(of: Array(runs.prefix(limitRuns)))
        if output.json {
            JSONView.print(["format": "finflowctl-history", "version": 1])
            for outline in outlines { JSONView.print(outline.json) }
            return
        }
        guard !outlines.isEmpty else {
            Stream.error.line(
                "No run of `\(environment.environment.visible)` is recorded in "
                    + "\(store.place.visible).")
            return
        }
        let list = RunList(outlines, style: Style(for: .output))
        let width = Stream.output.isTerminal ? Stream.output.width : nil
        Stream.output.line(list.text(width: width))
        if runs.count > outlines.count {
            Stream.error.line(
                "\(runs.count - outlines.count) older ones: --limit-runs \(runs.count)")
        }
    }

    private func show(_ run: RunID, _ archive: RunArchive, _ file: ReportFile?) async throws {
        guard let record = try await archive.record(of: run) else {
            throw Failure(Diagnostic(.unknownRun, "the record of \(run) is gone"))
        }
        if let file {
            try await file.write(RunReport(record))
        } else if output.json {
            JSONView.print(["format": "finflowctl-history", "version": 1])
            for line in record.jsonRecords { JSONView.print(line) }
        } else {
            Stream.output.line(RunText(record, style: Style(for: .output)).text)
        }
        guard record.damage.isEmpty else {
            throw Failure(
                Diagnostics(
                    record.damage.map {
                        Diagnostic(.recordBroken, "\($0.place): \($0.message)".visible)
                    }))
        }
    }

    private func check(_ store: any StateStore, _ run: RunID?) async throws {
        let result = try await ChainCheck(store).check(only: run)
        if output.json {
            JSONView.print(["format": "finflowctl-history", "version": 1])
            for damage in result.damage {
                JSONView.print([
                    "event": "damage", "place": .string(damage.place),
                    "message": .string(damage.message),
                ])
            }
            JSONView.print([
                "event": "verified", "runs": .int(result.runs), "pieces": .int(result.pieces),
                "damaged": .int(result.damage.count),
            ])
            if !result.damage.isEmpty { throw ExitStatus.failed.exit }
            return
        }
        let scope = "\(counted(result.runs, "run")) in \(counted(result.pieces, "piece"))"
        guard !result.damage.isEmpty else {
            Stream.output.line(
                result.pieces == 0
                    ? "Nothing is recorded." : "\(scope): all is as it was written.")
            return
        }
        for damage in result.damage {
            Stream.output.line("\(damage.place): \(damage.message)".visible)
        }
        throw Failure(
            Diagnostic(
                .recordBroken,
                "\(counted(result.damage.count, "piece")) not as \(result.damage.count == 1 ? "it was" : "they were") written, of \(scope)",
                subject: "the record in \(store.place)".visible,
                help: "What hosts remember themselves is in runs/ of their state directories."))
    }
}
