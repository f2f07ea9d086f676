import Hosts
import Playbook
import Record
import Report
import Setup
import TaskGraph
import Vocabulary

/// One run of `setup` or `plan` from the command line: reads, checks, runs, draws, concludes.
struct RunSession {
    /// As it was typed: `setup`, `plan`.
    var command: [String]
    var environment: EnvironmentOptions
    var selection: SelectionOptions
    let connection: ConnectionArguments
    let output: OutputOptions
    let identity: IdentityOptions
    var locks = LockOptions()
    var reporting: ReportArguments?
    /// The plan that is applied.
    var plan: RecordedPlan?

    /// A run that has ended, and what it takes to tell of it.
    struct Performed {
        var prepared: Prepared
        var conclusion: RunConclusion
        /// Whether a live view was drawn.
        var isLive: Bool

        var labels: TaskLabels { prepared.labels }
    }

    /// A run that can begin.
    struct Prepared {
        var workspace: Workspace
        var graph: Graph<HostTask>
        var labels: TaskLabels
        var options: RunOptions
        var setup: SetupRun
        var identity: RunIdentity
        var header: RunHeader
        var recording: RunRecording?
        var report: ReportFile?
    }

    func run(_ mode: SetupRun.Mode, contents: Bool) async throws -> RunConclusion {
        var performed = try await perform(mode, contents: contents)
        await conclude(&performed, contents: contents)
        return performed.conclusion
    }

    func prepared(_ mode: SetupRun.Mode, contents: Bool) async throws -> Prepared {
        try identity.check(besides: connection)
        let workspace = try await Workspace(environment, opening: identity, .required)
        let graph = try workspace.graph(selection)
        guard !graph.isEmpty else {
            throw Failure(
                Diagnostic(
                    .noHosts, "no task of environment `\(workspace.environment)` is meant",
                    help: "See `finflowctl inventory --env \(workspace.environment)`."))
        }
        var labels = TaskLabels(graph)
        let run = RunIdentity.new(command: command[0])
        let report = try await reporting?.file() ?? nil
        let header = header(run, graph)
        let recording = mode == .dryRun ? nil : try await recording(header, workspace)
        let contents = contents || report != nil
        var options = RunOptions()
        options.limit = connection.forks * 8
        options.perHost = 64
        Interrupts.forward(to: options.stop)
        let connector = try await connection.connector(for: workspace)
        let setup = SetupRun(
            graph, mode: mode, detail: contents ? .contents : .decision,
            identity: run, locks: locks, credentials: workspace.project.credentials,
            recorder: recording?.recorder
        ) { host in
            try await connector.connect(to: host)
        }
        if mode == .dryRun { labels.ledger = setup.ledger }
        labels.remarks = setup.remarks
        return Prepared(
            workspace: workspace, graph: graph, labels: labels, options: options, setup: setup,
            identity: run, header: header, recording: recording, report: report)
    }

    func perform(_ mode: SetupRun.Mode, contents: Bool) async throws -> Performed {
        let prepared = try await prepared(mode, contents: contents)
        let isDryRun = mode == .dryRun
        let (view, live) = view(
            prepared.labels, prepared.workspace, isDryRun: isDryRun, contents: contents)
        if let live { Interrupts.whenContinued { live.restart() } }
        let result = await ticking(live) {
            await prepared.setup.run(prepared.options) { view.show($0) }
        }
        let conclusion = RunConclusion(
            result: result, isDryRun: isDryRun, again: toRepeat(command),
            apply: toRepeat(["setup"]))
        return Performed(prepared: prepared, conclusion: conclusion, isLive: live != nil)
    }

    func recording(
        _ header: RunHeader, _ workspace: Workspace
    ) async throws(Failure) -> RunRecording {
        RunRecording(
            header, playbooks: environment.playbooks,
            in: try await Records.store(
                of: workspace.environment, at: workspace.project.environment.state))
    }

    private func page(
        _ conclusion: RunConclusion, _ header: RunHeader, _ tasks: [RecordedTask]
    ) async -> RunReport {
        var header = header
        header.revision = await PlaybookRevision.of(environment.playbooks)
        var page = RunReport(conclusion, header, tasks)
        // A page is passed on: values that were set stay with who set them.
        if !environment.sets.isEmpty { page.next = nil }
        return page
    }

    func header<Work>(_ identity: RunIdentity, _ graph: Graph<Work>) -> RunHeader {
        var selection: [String: [String]] = [:]
        if let limit = self.selection.limit { selection["limit"] = [limit] }
        if !self.selection.tags.isEmpty { selection["tags"] = self.selection.tags }
        if !self.selection.skipTags.isEmpty { selection["skip_tags"] = self.selection.skipTags }
        var hosts: [String] = []
        for task in graph.tasks where hosts.last != task.host {
            if let host = task.host, !hosts.contains(host) { hosts.append(host) }
        }
        return RunHeader(
            run: identity.run, began: identity.since, command: words(command, sets: .names),
            environment: environment.environment, origin: identity.origin,
            version: Finflowctl.configuration.version,
            selection: selection, hosts: hosts, plan: plan)
    }

    func view(
        _ labels: TaskLabels, _ workspace: Workspace, isDryRun: Bool, contents: Bool
    ) -> (any RunView, LiveView?) {
        if output.json {
            guard command != ["drift"] else { return (SilentView(), nil) }
            return (JSONView(labels: labels), nil)
        }
        let sources = workspace.project.sources
        if Stream.error.isLive {
            let view = LiveView(labels: labels, sources: sources)
            return (view, view)
        }
        let view = PlainView(
            labels: labels, sources: sources, contents: contents, showsChanges: !isDryRun)
        return (view, nil)
    }

    /// Runs `body`; meanwhile the clocks of a live view move.
    func ticking<Value: Sendable>(
        _ live: LiveView?, _ body: @escaping @Sendable () async -> Value
    ) async -> Value {
        guard let live else { return await body() }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(250))
                    live.tick()
                }
            }
            let value = await body()
            group.cancelAll()
            return value
        }
    }

    /// Says what came of a run, writes it down, and draws it where that was asked for.
    func conclude(_ performed: inout Performed, contents: Bool) async {
        let (prepared, conclusion) = (performed.prepared, performed.conclusion)
        if !output.json { tell(performed, contents: contents) }
        let tasks = conclusion.result.reports.map { RecordedTask($0, performed.labels) }
        // What was done is done; but a script is not told that all is well. Where the record
        // fails, the report is all there is.
        do throws(Failure) {
            try await prepared.recording?.end(
                conclusion.status, conclusion.result.summary, tasks)
        } catch {
            error.report()
            performed.conclusion.isRecorded = false
        }
        do throws(Failure) {
            if let report = prepared.report {
                try await report.write(page(conclusion, prepared.header, tasks))
            }
        } catch {
            error.report()
            performed.conclusion.isRecorded = false
        }
    }

    private func tell(_ performed: Performed, contents: Bool) {
        let conclusion = performed.conclusion
        // A plain view of an apply has told each change as it happened.
        if conclusion.isDryRun || performed.isLive {
            let style = Style(for: .output)
            let list = ChangeList(
                conclusion.result.reports, labels: performed.labels, contents: contents,
                style: style
            ).text(style: style)
            if !list.isEmpty { Stream.output.line(list + "\n") }
        }
        Stream.error.line(conclusion.text(style: Style(for: .error)))
    }

    /// - Parameter selected: whether environment, hosts and tags are named.
    func toRepeat(_ command: [String], selected: Bool = true) -> String {
        (["finflowctl"] + words(command, sets: .values, selected: selected))
            .map(\.shellQuoted).joined(separator: " ")
    }

    /// What is told of the variables that were set: where it is kept not their values, which may
    /// be secrets although they should not.
    private enum Sets {
        case names, values
    }

    private func words(
        _ command: [String], sets: Sets, selected: Bool = true
    ) -> [String] {
        var words = command
        if selected { words += ["--env", environment.environment] }
        if let directory = environment.playbooksOption { words += ["--playbooks", directory] }
        for text in environment.sets {
            words += ["--set", sets == .values ? text : "\(text.prefix { $0 != "=" })=…"]
        }
        if let prefix = environment.prefix { words += ["--prefix", prefix] }
        if environment.system { words.append("--system") }
        if selected, let limit = selection.limit { words += ["--limit", limit] }
        if selected, !selection.tags.isEmpty { words += ["--tags"] + selection.tags }
        if selected, !selection.skipTags.isEmpty { words += ["--skip-tags"] + selection.skipTags }
        if connection.acceptNew { words.append("--accept-new") }
        if let file = identity.identity { words += ["--identity", file] }
        if let file = connection.becomePasswordFile { words += ["--become-password-file", file] }
        if let limit = connection.connectTimeout { words += ["--connect-timeout", "\(limit)"] }
        return words
    }
}
