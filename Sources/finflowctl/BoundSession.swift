import Loop
import Playbook
import Setup
import TaskGraph
import Vocabulary

/// Plans in files: `plan --out` and `setup --plan`.
extension RunSession {
    /// Keeps what a dry run found, if all of it is known.
    func keep(_ performed: Performed, in path: String) async throws {
        let basis = try basis(performed.prepared.workspace, performed.prepared.graph)
        let selection = BindingPlan.Selection(
            limit: selection.limit, tags: selection.tags, skipTags: selection.skipTags)
        guard
            let plan = BindingPlan(
                performed.conclusion.result, performed.prepared.setup.ledger, on: basis,
                selection: selection, identity: performed.prepared.identity)
        else {
            Stream.error.line("No plan was written: not all of it is known.")
            return
        }
        do {
            try await plan.write(to: path)
        } catch let error as SystemError {
            throw Failure(
                Diagnostic(
                    .unwritableOutput, "`\(path.visible)` cannot be written: \(error.reason)"))
        }
        if output.json {
            JSONView.print([
                "event": "plan-written", "path": .string(path),
                "known_only_later": .int(plan.later.count),
            ])
            return
        }
        if !plan.later.isEmpty {
            Stream.error.line(
                "Of \(counted(plan.later.count, "task")) it is known only later what changes: "
                    + "that may be anything that the playbooks say.")
        }
        Stream.error.line("Apply exactly this with:  \(toApply(path))")
    }

    private func basis(
        _ workspace: Workspace, _ graph: Graph<HostTask>
    ) throws -> PlanBasis {
        do throws(Diagnostics) {
            return PlanBasis(
                environment: workspace.environment,
                assignments: environment.implied + (try environment.assignments()),
                graph: graph,
                digests: try workspace.project.digests(root: environment.playbooks, of: graph))
        } catch {
            throw Failure(error)
        }
    }

    private func toApply(_ path: String) -> String {
        toRepeat(["setup", "--plan", path], selected: false)
    }

    // MARK: Applying

    /// Applies exactly what stands in a file.
    ///
    /// - Parameter given: whether the command line names an environment.
    static func apply(
        _ path: String, _ session: RunSession, environmentIsGiven given: Bool, contents: Bool
    ) async throws -> RunConclusion {
        let plan = try await BindingPlan.read(path)
        var session = session
        session.command = ["setup", "--plan", path]
        session.plan = plan.source
        try session.adopt(plan, environmentIsGiven: given)
        let prepared = try await session.prepared(.apply, contents: true)
        let basis = try session.basis(prepared.workspace, prepared.graph)
        let moved = plan.differences(from: basis)
        guard moved.isEmpty else { throw Failure(moved.atMost(50), status: .badInput) }
        warn(of: plan)
        let (view, live) = session.view(
            prepared.labels, prepared.workspace, isDryRun: false, contents: contents)
        if let live { Interrupts.whenContinued { live.restart() } }
        let bound = await session.ticking(live) {
            await prepared.setup.apply(plan, prepared.options) { view.show($0) }
        }
        let (result, isDryRun): (RunResult<HostOutput>, Bool)
        switch bound {
        case .refused(let differences):
            throw Failure(refusal(differences), status: .failed)
        case .unseen(let present):
            (result, isDryRun) = (present, true)
            for report in present.failed {
                let text = FailureText(report)
                Stream.error.line(
                    text.rendered(style: Style(for: .error)) {
                        prepared.workspace.project.sources[$0]
                    })
            }
            Stream.error.line("The plan could not be compared with all hosts: nothing was changed.")
        case .applied(let applied):
            (result, isDryRun) = (applied, false)
        }
        let conclusion = RunConclusion(
            result: result, isDryRun: isDryRun, again: session.toApply(path),
            apply: session.toApply(path))
        if !isDryRun {
            var performed = Performed(
                prepared: prepared, conclusion: conclusion, isLive: live != nil)
            await session.conclude(&performed, contents: contents)
            return performed.conclusion
        }
        return conclusion
    }

    /// Takes environment and selection from the plan.
    private mutating func adopt(_ plan: BindingPlan, environmentIsGiven: Bool) throws {
        func refuse(_ option: String, _ given: String, _ planned: String) -> Failure {
            Failure(
                Diagnostic(
                    .contradictsPlan, "\(option) says \(given), and the plan is for \(planned)",
                    help: "Leave the option out: environment, limit and tags are the plan's."))
        }
        let planned = plan.selection
        if environmentIsGiven, environment.environment != plan.environment {
            throw refuse("--env", environment.environment, plan.environment)
        }
        if let limit = selection.limit, limit != planned.limit {
            throw refuse("--limit", limit, planned.limit ?? "all hosts")
        }
        if !selection.tags.isEmpty, selection.tags != planned.tags {
            throw refuse("--tags", selection.tags.inWords, planned.tags.inWords)
        }
        if !selection.skipTags.isEmpty, selection.skipTags != planned.skipTags {
            throw refuse("--skip-tags", selection.skipTags.inWords, planned.skipTags.inWords)
        }
        environment.environment = plan.environment
        selection.limit = planned.limit
        selection.tags = planned.tags
        selection.skipTags = planned.skipTags
    }

    private static func warn(of plan: BindingPlan) {
        let age = Timestamp.now.seconds - plan.time.seconds
        guard age > BindingPlan.usualAge else { return }
        Stream.error.line(
            "The plan is \(age / 3600) hours old (of \(plan.time), by \(plan.user.visible)). "
                + "What has changed since is compared.")
    }

    private static func refusal(_ differences: [PlanDifference]) -> Diagnostics {
        Diagnostics(
            differences.map { difference in
                let why: String =
                    switch difference.reason {
                    case .otherChanges:
                        "planned: \(difference.planned.inWords(besides: difference.present)); "
                            + "now: \(difference.present.inWords(besides: difference.planned))"
                    case .otherState:
                        "what stands there now (\(difference.present.inWords())) is not what "
                            + "was planned over"
                    case .otherWish:
                        "by a fact or an output it wants something else now: "
                            + difference.present.inWords()
                    }
                return Diagnostic(
                    .hostsMoved, "\(difference.title) is not as it was planned; \(why)",
                    subject: "host \(difference.host), task "
                        + difference.task.rawValue.drop { $0 != "/" }.dropFirst(),
                    help: "Nothing was changed on any host. Look at a new plan, and apply that.")
            }
        ).atMost(50)
    }
}

extension [Change] {
    /// `nothing`, `mode 0640 → 0600, content with "one"`
    ///
    /// - Parameter others: of a long text that differs from theirs, the first line which does is
    ///   told.
    fileprivate func inWords(besides others: [Change] = []) -> String {
        guard !isEmpty else { return "nothing" }
        return map { change in
            guard change.isText else { return change.inWords }
            let other = others.first { $0.what == change.what }
            return "\(change.what) \(change.present(besides: other))".visible
        }.joined(separator: ", ")
    }
}

extension Change {
    fileprivate func present(besides other: Change?) -> String {
        guard let before else { return "of nothing" }
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        let others = (other?.before ?? "").split(
            separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated()
        where number >= others.count || others[number] != line {
            return "with \"\(line.prefix(60))\" in line \(number + 1)"
        }
        return "of \(lines.count) lines"
    }
}

extension [String] {
    fileprivate var inWords: String { isEmpty ? "all" : joined(separator: " ").visible }
}

extension Diagnostics {
    /// The first ones, with how many there are.
    fileprivate func atMost(_ limit: Int) -> Diagnostics {
        guard all.count > limit, var last = all.prefix(limit).last else { return self }
        last.help = "And \(all.count - limit) more like these. " + (last.help ?? "")
        return Diagnostics(all.prefix(limit - 1) + [last])
    }
}
