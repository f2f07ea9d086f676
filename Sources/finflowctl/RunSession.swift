import Hosts
import Playbook
import Setup
import TaskGraph
import Vocabulary

/// One run of `setup` or `plan` from the command line: reads, checks, runs, draws, concludes.
struct RunSession {
    /// As it was typed: `setup`, `plan`.
    let command: [String]
    var environment: EnvironmentOptions
    var selection: SelectionOptions
    let connection: ConnectionArguments
    let output: OutputOptions
    let identity: IdentityOptions
    var locks = LockOptions()

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
    }

    func run(_ mode: SetupRun.Mode, contents: Bool) async throws -> RunConclusion {
        let performed = try await perform(mode, contents: contents)
        conclude(performed, contents: contents)
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
        var options = RunOptions()
        options.limit = connection.forks * 8
        options.perHost = 64
        Interrupts.forward(to: options.stop)
        let connector = try await connection.connector(for: workspace)
        let run = RunIdentity.new(command: command[0])
        let setup = SetupRun(
            graph, mode: mode, detail: contents ? .contents : .decision,
            identity: run, locks: locks,
            credentials: workspace.project.credentials
        ) { host in
            try await connector.connect(to: host)
        }
        if mode == .dryRun { labels.ledger = setup.ledger }
        return Prepared(
            workspace: workspace, graph: graph, labels: labels, options: options, setup: setup,
            identity: run)
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

    func view(
        _ labels: TaskLabels, _ workspace: Workspace, isDryRun: Bool, contents: Bool
    ) -> (any RunView, LiveView?) {
        if output.json {
            guard command != ["drift"] else { return (SilentView(), nil) }
            let view = JSONView(
                command: command[0], environment: workspace.environment, labels: labels)
            return (view, nil)
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

    func conclude(_ performed: Performed, contents: Bool) {
        let conclusion = performed.conclusion
        if output.json {
            JSONView.print(conclusion.json)
            return
        }
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
        var words = ["finflowctl"] + command
        if selected { words += ["--env", environment.environment] }
        if let directory = environment.playbooksOption { words += ["--playbooks", directory] }
        for text in environment.sets { words += ["--set", text] }
        if let prefix = environment.prefix { words += ["--prefix", prefix] }
        if environment.system { words.append("--system") }
        if selected, let limit = selection.limit { words += ["--limit", limit] }
        if selected, !selection.tags.isEmpty { words += ["--tags"] + selection.tags }
        if selected, !selection.skipTags.isEmpty { words += ["--skip-tags"] + selection.skipTags }
        if connection.acceptNew { words.append("--accept-new") }
        if let file = identity.identity { words += ["--identity", file] }
        if let file = connection.becomePasswordFile { words += ["--become-password-file", file] }
        if let limit = connection.connectTimeout { words += ["--connect-timeout", "\(limit)"] }
        return words.map(\.shellQuoted).joined(separator: " ")
    }
}
