import Hosts
import Playbook
import Record
import Setup
import TaskGraph
import Vocabulary

/// One `undo` from the command line: finds the run on its hosts, puts it back, concludes.
struct UndoSession {
    let name: String
    let isDryRun: Bool
    let showsContents: Bool
    /// Draws it, and knows how it is typed again.
    let stage: RunSession

    func run() async throws -> UndoConclusion {
        try stage.identity.check(besides: stage.connection)
        let workspace = try await Workspace(
            stage.environment, opening: stage.identity, .optional)
        let places = try places(of: workspace)
        guard !places.isEmpty else {
            throw Failure(
                Diagnostic(
                    .noHosts, "no host of environment `\(workspace.environment)` is meant",
                    help: "See `finflowctl inventory --env \(workspace.environment)`."))
        }
        let connector = try await stage.connection.connector(for: workspace)
        let sessions = Sessions { try await connector.connect(to: $0) }
        let found = try await find(places, over: sessions)
        let forgotten = await hostsOfRecord(found.run, workspace).filter { !found.knows(of: $0) }
        let contents = isDryRun || showsContents
        let graph = try found.graph(workspace.project.tasks)
        let who = RunIdentity.new(command: "undo \(found.run)")
        let recording =
            isDryRun ? nil : try await stage.recording(stage.header(who, graph), workspace)
        let undo = UndoRun(
            graph, of: found.run,
            mode: isDryRun ? .dryRun : .apply, detail: contents ? .contents : .decision,
            identity: who, locks: stage.locks, recorder: recording?.recorder, over: sessions,
            credentials: workspace.project.credentials)
        var options = RunOptions()
        options.limit = stage.connection.forks * 8
        Interrupts.forward(to: options.stop)
        var labels = TaskLabels(undo.graph)
        labels.remarks = undo.remarks
        let (view, live) = stage.view(labels, workspace, isDryRun: isDryRun, contents: contents)
        if let live { Interrupts.whenContinued { live.restart() } }
        let result = await stage.ticking(live) { [options] in
            await undo.run(options) { view.show($0) }
        }
        let conclusion = UndoConclusion(
            result: result, header: found.header, forgotten: forgotten, isDryRun: isDryRun,
            again: stage.toRepeat(
                ["undo", found.run.rawValue] + (isDryRun ? ["--dry-run"] : [])),
            apply: stage.toRepeat(["undo", found.run.rawValue]))
        conclude(conclusion, labels, live: live != nil, contents: contents)
        do throws(Failure) {
            try await recording?.end(
                conclusion.status, result.summary,
                result.reports.map { RecordedTask($0, labels) })
        } catch {
            error.report()
        }
        return conclusion
    }

    /// The hosts that the run changed by its record, if there is one here: one that has left the
    /// inventory, or was set up anew since, cannot tell of it.
    private func hostsOfRecord(_ run: RunID, _ workspace: Workspace) async -> [String] {
        guard
            let store = try? await Records.store(
                of: workspace.environment, at: workspace.project.environment.state),
            let record = try? await RunArchive(store).record(of: run)
        else { return [] }
        let limit = stage.selection.limit.map { pattern in
            (try? workspace.hosts(pattern, from: "<--limit>"))?.map(\.name.rawValue) ?? []
        }
        let changed = record.changes.filter { $0.outcome == nil || $0.outcome == .changed }
            .compactMap(\.intent.host)
        return Set(changed).filter { limit?.contains($0) ?? true }.sorted()
    }

    private func places(of workspace: Workspace) throws -> [UndoSearch.Place] {
        let meant = try stage.selection.limit.map { pattern in
            Set(try workspace.hosts(pattern, from: "<--limit>").map(\.name))
        }
        var seen: Set<HostName> = []
        return workspace.project.tasks.compactMap { task in
            let host = task.work.host
            guard meant?.contains(host.name) ?? true, seen.insert(host.name).inserted else {
                return nil
            }
            return UndoSearch.Place(host, stateDirectory: task.work.stateDirectory)
        }
    }

    private func find(
        _ places: [UndoSearch.Place], over sessions: Sessions
    ) async throws -> UndoSearch.Found {
        do {
            return try await UndoSearch(places, over: sessions, forks: stage.connection.forks)
                .find(name)
        } catch {
            await sessions.close()
            guard let unanswered = error as? UndoSearch.Unanswered else { throw error }
            throw Failure(
                Diagnostics(unanswered.problems.flatMap(\.diagnostics.all)),
                status: unanswered.problems.allSatisfy(\.isUnreachable) ? .unreachable : .failed)
        }
    }

    private func conclude(
        _ conclusion: UndoConclusion, _ labels: TaskLabels, live: Bool, contents: Bool
    ) {
        if stage.output.json {
            RunRecords.conclude(conclusion.members)
            return
        }
        if isDryRun || live {
            let style = Style(for: .output)
            let list = ChangeList(
                conclusion.result.reports, labels: labels, contents: contents, style: style
            ).text(style: style)
            if !list.isEmpty { Stream.output.line(list + "\n") }
        }
        Stream.error.line(conclusion.text(style: Style(for: .error)))
    }
}
