import Hosts
import Setup
import TaskGraph
import Vocabulary

/// One run of `setup` or `plan` from the command line: reads, checks, runs, draws, concludes.
struct RunSession {
    /// As it was typed: `setup`, `plan`.
    let command: [String]
    let environment: EnvironmentOptions
    let selection: SelectionOptions
    let connection: ConnectionArguments
    let output: OutputOptions
    let identity: IdentityOptions
    var locks = LockOptions()

    func run(_ mode: SetupRun.Mode, contents: Bool) async throws -> RunConclusion {
        try identity.check(besides: connection)
        let workspace = try await Workspace(environment, opening: identity, .required)
        let graph = try workspace.graph(selection)
        guard !graph.isEmpty else {
            throw Failure(
                Diagnostic(
                    .noHosts, "no task of environment `\(workspace.environment)` is meant",
                    help: "See `finflowctl inventory --env \(workspace.environment)`."))
        }
        let labels = TaskLabels(graph)
        let isDryRun = mode == .dryRun
        var options = RunOptions()
        options.limit = connection.forks * 8
        options.perHost = 64
        Interrupts.forward(to: options.stop)
        let connector = try await connection.connector(for: workspace)
        let setup = SetupRun(
            graph, mode: mode, detail: contents ? .contents : .decision,
            identity: .new(command: command[0]), locks: locks,
            credentials: workspace.project.credentials
        ) { host in
            try await connector.connect(to: host)
        }
        let (view, live) = view(labels, workspace, isDryRun: isDryRun, contents: contents)
        if let live { Interrupts.whenContinued { live.restart() } }
        let result = await ticking(live) { [options] in
            await setup.run(options) { view.show($0) }
        }
        let conclusion = RunConclusion(
            result: result, isDryRun: isDryRun, again: toRepeat(command),
            apply: toRepeat(["setup"]))
        conclude(conclusion, labels, live: live != nil, contents: contents)
        return conclusion
    }

    func view(
        _ labels: TaskLabels, _ workspace: Workspace, isDryRun: Bool, contents: Bool
    ) -> (any RunView, LiveView?) {
        if output.json {
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

    private func conclude(
        _ conclusion: RunConclusion, _ labels: TaskLabels, live: Bool, contents: Bool
    ) {
        if output.json {
            JSONView.print(conclusion.json)
            return
        }
        // A plain view of an apply has told each change as it happened.
        if conclusion.isDryRun || live {
            let style = Style(for: .output)
            let list = ChangeList(
                conclusion.result.reports, labels: labels, contents: contents, style: style
            ).text(style: style)
            if !list.isEmpty { Stream.output.line(list + "\n") }
        }
        Stream.error.line(conclusion.text(style: Style(for: .error)))
    }

    func toRepeat(_ command: [String]) -> String {
        var words = ["finflowctl"] + command + ["--env", environment.environment]
        if let directory = environment.playbooksOption { words += ["--playbooks", directory] }
        for text in environment.sets { words += ["--set", text] }
        if let prefix = environment.prefix { words += ["--prefix", prefix] }
        if environment.system { words.append("--system") }
        if let limit = selection.limit { words += ["--limit", limit] }
        if !selection.tags.isEmpty { words += ["--tags"] + selection.tags }
        if !selection.skipTags.isEmpty { words += ["--skip-tags"] + selection.skipTags }
        if connection.acceptNew { words.append("--accept-new") }
        if let file = identity.identity { words += ["--identity", file] }
        if let file = connection.becomePasswordFile { words += ["--become-password-file", file] }
        if let limit = connection.connectTimeout { words += ["--connect-timeout", "\(limit)"] }
        return words.map(\.shellQuoted).joined(separator: " ")
    }
}
