import Hosts
import Resources
import TaskGraph
import Vocabulary

/// Puts back what a run changed, or says what would be put back.
struct UndoPerformer: Sendable {
    let run: RunID
    let mode: SetupRun.Mode
    let detail: PlanDetail
    let workers: [HostName: HostWorker]
    let questions: [HostName: HostQuestions]
    let secrets: UndoFiles.Secrets
    let remarks: RunRemarks
    let progress = UndoProgress()

    func perform(
        _ task: GraphTask<UndoTask>, _ context: TaskContext<UndoOutput>
    ) async throws -> TaskOutcome<UndoOutput> {
        let host = task.work.place.host
        guard let worker = workers[host.name] else { throw CancellationError() }
        do {
            switch task.work.kind {
            case .observe(let problem?):
                throw problem
            case .observe(nil):
                return try await patiently { _ in try await observe(task.work, worker) }
            case .entry(let entry):
                return try await putBack(entry, task, context, worker)
            case .handler(let entry, let notifiers):
                return try await patiently { again in
                    try await repeating(entry, notifiers, task, context, worker, again: again)
                }
            }
        } catch {
            throw TaskProblem(error, host: host.name, task: task.id)
        }
    }

    private func observe(
        _ work: UndoTask, _ worker: HostWorker
    ) async throws -> TaskOutcome<UndoOutput> {
        let seen = try await worker.observe(
            questions[work.place.host.name] ?? HostQuestions(), mode)
        if work.bringsSecrets { try await worker.refuseOlder([]) }
        var problems = seen.problems
        var output = UndoOutput()
        output.answers = seen.answers
        if let journal = work.damaged {
            problems.append(try await worker.mend(journal, applying: mode == .apply))
            output.verdicts.append(
                .impossible("\(journal.damagedLines) lines of the run's journal cannot be read"))
        }
        remarks.record(problems, of: work.observation)
        return TaskOutcome(.unchanged, outputs: output)
    }

    // MARK: - A change

    private func putBack(
        _ entry: RecordedRun.Entry, _ task: GraphTask<UndoTask>,
        _ context: TaskContext<UndoOutput>, _ worker: HostWorker
    ) async throws -> TaskOutcome<UndoOutput> {
        var output = UndoOutput()
        var changes: [Change] = []
        if entry.undo.isEmpty || entry.unreadable > 0 {
            output.verdicts.append(
                .impossible(
                    entry.unreadable > 0
                        ? "what the host remembers of it cannot be read"
                        : "nothing is kept of what it changes"))
        }
        output.broughtIntoForceBy = task.work.network?.handlers ?? []
        let steps = Array(entry.undo.reversed())
        for (number, step) in steps.enumerated() {
            let situation = Situation(
                entry: entry, task: task, context: context, worker: worker,
                hasChanged: !changes.isEmpty, later: Array(steps[(number + 1)...]))
            let (verdict, made) = try await patiently { again in
                try await attempt(step, situation, again: again)
            }
            if let verdict { output.verdicts.append(verdict) }
            changes += made
        }
        if !changes.isEmpty { return TaskOutcome(.changed, changes: changes, outputs: output) }
        return TaskOutcome(
            output.reason.map { .skipped($0) } ?? .unchanged, outputs: output)
    }

    /// Where a step stands.
    private struct Situation {
        var entry: RecordedRun.Entry
        var task: GraphTask<UndoTask>
        var context: TaskContext<UndoOutput>
        var worker: HostWorker
        /// Whether another step of the same change was put back.
        var hasChanged: Bool
        /// The steps of the same change that come after this one.
        var later: [UndoStep] = []

        var place: UndoSearch.Place { task.work.place }

        var privilege: Privilege {
            entry.isAsLogin ? .login : worker.memoryPrivilege
        }
    }

    private func attempt(
        _ step: UndoStep, _ situation: Situation, again: Bool
    ) async throws -> (UndoOutput.Verdict?, [Change]) {
        let before: any Resource
        let left: any Resource
        do {
            before = try step.before.resource(at: place(situation.entry))
            left = try step.left.resource(at: place(situation.entry))
        } catch {
            return (.impossible(error.inWords), [])
        }
        let isAgain = before.isOnlyForHandlers
        // What takes a configuration in has nothing to do where none was put back.
        if isAgain, !situation.hasChanged { return (nil, []) }
        let look = try await look(at: [before, left], situation, again: again)
        let plan: ResourcePlan
        do {
            plan = try await look.plan(before)
        } catch let problem as Diagnostics {
            let words = problem.inWords
            return (problem.all.first?.code == .notKept ? .impossible(words) : .conflict(words), [])
        }
        if plan.changes.isEmpty { return (isAgain ? nil : .already, []) }
        if !isAgain, let now = try await conflict(step, left, look, situation) {
            return (.conflict(now), [])
        }
        if let used = plan.action?.credentials, !used.isEmpty {
            try await situation.worker.refuseOlder(used)
        }
        await progress.note(changeOf: situation.place.host.name)
        switch mode {
        case .dryRun: await progress.promise(step.left, on: situation.place.host.name)
        case .apply: try await apply(plan, before, situation)
        }
        return (isAgain ? nil : .putBack, plan.changes)
    }

    /// What is there now, where it is not what the run left.
    private func conflict(
        _ step: UndoStep, _ left: any Resource, _ look: Look, _ situation: Situation
    ) async throws -> String? {
        // In a dry run a later change of the same thing would be put back first.
        if mode == .dryRun, await progress.covers(step.left, on: situation.place.host.name) {
            return nil
        }
        do {
            let plan = try await look.plan(left)
            return plan.changes.isEmpty
                ? nil : plan.changes.map(\.nowInWords).joined(separator: ", ")
        } catch let problem as Diagnostics {
            // What the run left need not be kept to see that it is no longer there.
            return problem.all.first?.code == .notKept
                ? "what is there now is not what the run left" : problem.inWords
        }
    }

    private func apply(
        _ plan: ResourcePlan, _ resource: any Resource, _ situation: Situation
    ) async throws {
        guard var action = plan.action else { return }
        action.options.privilege = situation.privilege
        let entry = situation.entry
        let forgotten = entry.notifies.map { Stamps.path(handler: $0, notifier: entry.task) }
        _ = try await situation.worker.change(
            HostWorker.Work(
                action: action,
                entry: HostJournal.Entry(
                    task: entry.task, title: entry.title, changes: plan.changes,
                    notifies: entry.notifies, undo: plan.undo.map(\.json)),
                // What is last applied now is no longer what the playbooks want.
                wanted: AppliedStates.Wanted(fingerprint: undone, aspects: plan.aspects),
                credentials: action.credentials,
                prologue: Stamps.forgetting(forgotten, in: situation.place.stateDirectory)
            ).guarded(
                duty(to: resource, situation), resource, on: situation.place.host,
                in: situation.place.stateDirectory, by: situation.worker.identity.run))
    }

    /// How one step of a change is guarded that could cut the host off.
    ///
    /// What is not in force at once waits for the step of the same change that is, and is put
    /// back with it.
    private func duty(to resource: any Resource, _ situation: Situation) -> NetworkDuty? {
        guard var duty = situation.task.work.network,
            let network = resource as? any NetworkResource,
            network.restoration != nil || network.isOnlyForHandlers
        else { return nil }
        duty.place = place(situation.entry)
        if network.isOnlyForHandlers { duty.isHandler = true }
        let isAwaited = situation.later.contains { step in
            guard let later = try? step.before.resource(at: place(situation.entry)) else {
                return false
            }
            return (later as? any NetworkResource)?.isInForceAtOnce ?? false
        }
        if isAwaited { duty.handlers = [duty.task] }
        return duty
    }

    private var undone: String { "undone \(run)" }

    // MARK: - A handler

    /// Done once more, so that what was put back is in force. Its stamps tell an undo that is
    /// run again after it died whether there is something to be done.
    private func repeating(
        _ entry: RecordedRun.Entry, _ notifiers: [TaskID], _ task: GraphTask<UndoTask>,
        _ context: TaskContext<UndoOutput>, _ worker: HostWorker, again: Bool
    ) async throws -> TaskOutcome<UndoOutput> {
        let changed = Set(context.changedDirectDependencies.map(\.withoutNumber))
        let paths = notifiers.map { Stamps.path(handler: entry.task, notifier: $0) }
        let stamps = await worker.memory.stamps
        guard
            notifiers.contains(where: changed.contains)
                || paths.contains(where: { stamps[$0] == nil })
        else { return TaskOutcome(.unchanged) }
        var output = UndoOutput()
        guard let step = entry.undo.first else {
            output.verdicts = [.impossible("it is not known how it is done once more")]
            return TaskOutcome(.skipped(output.reason ?? ""), outputs: output)
        }
        let situation = Situation(
            entry: entry, task: task, context: context, worker: worker, hasChanged: true)
        let resource = try step.before.resource(at: place(entry))
        let plan = try await look(at: [resource], situation, again: again).plan(resource)
        if mode == .apply {
            var action = plan.action ?? Action(script: ":")
            action.options.privilege = situation.privilege
            let digest = HostDigest.digest(of: undone, key: await worker.key)
            _ = try await worker.change(
                HostWorker.Work(
                    action: action,
                    entry: HostJournal.Entry(
                        task: entry.task, title: entry.title, changes: plan.changes,
                        isHandler: true, undo: entry.undo.map(\.json)),
                    epilogue: Stamps.writing(
                        paths.map { ($0, digest) }, in: situation.place.stateDirectory)
                ).guarded(
                    duty(to: resource, situation), resource, on: situation.place.host,
                    in: situation.place.stateDirectory, by: worker.identity.run))
        }
        return TaskOutcome(changes: plan.changes, outputs: output)
    }

    // MARK: - Looking

    private func place(_ entry: RecordedRun.Entry) -> SourcePlace {
        SourcePlace(file: "run \(run)", line: entry.number, column: 1)
    }

    /// The host as it is, for the plans of a few resources.
    private struct Look {
        var context: PlanContext
        var worker: HostWorker
        var privilege: Privilege

        func plan(_ resource: any Resource) async throws -> ResourcePlan {
            try await resource.plan(context) { try await worker.observe($0, privilege: privilege) }
        }
    }

    private func look(
        at resources: [any Resource], _ situation: Situation, again: Bool
    ) async throws -> Look {
        let directory = situation.place.stateDirectory
        let files = UndoFiles(stateDirectory: directory, secrets: secrets)
        let hasChanged = await progress.hasChanged(situation.place.host.name)
        var answers =
            situation.context.outputs[situation.task.work.observation]?.answers ?? Answers()
        var questions: [any Probe] = []
        for resource in resources { questions += try resource.questions(detail, files) }
        if again || (mode == .apply && hasChanged)
            || !questions.allSatisfy({ answers.contains($0) })
        {
            answers.merge(
                try await situation.worker.observe(questions, privilege: situation.privilege))
        }
        return Look(
            context: PlanContext(
                answers: answers, files: files, detail: detail, place: place(situation.entry),
                stateDirectory: directory,
                followsPendingChanges: mode == .dryRun && hasChanged),
            worker: situation.worker, privilege: situation.privilege)
    }
}

/// What an undo has come to on each host: from then on what was observed first may not hold.
actor UndoProgress {
    private var hosts: Set<HostName> = []
    private var promised: Set<String> = []

    func note(changeOf host: HostName) { hosts.insert(host) }

    func hasChanged(_ host: HostName) -> Bool { hosts.contains(host) }

    /// In a dry run: by now it would be as it was before.
    func promise(_ left: ResourceSpec, on host: HostName) { promised.insert(Self.key(left, host)) }

    func covers(_ left: ResourceSpec, on host: HostName) -> Bool {
        promised.contains(Self.key(left, host))
    }

    private static func key(_ spec: ResourceSpec, _ host: HostName) -> String {
        let name = ["path", "name", "user", "key"].compactMap { spec.fields[$0]?.string }
        return ([host.rawValue, spec.type] + name).joined(separator: "\n")
    }
}

extension TaskID {
    /// Of a task that was tried twice, without the number that tells its entries apart.
    fileprivate var withoutNumber: TaskID {
        guard let sign = rawValue.lastIndex(of: "#") else { return self }
        return TaskID(String(rawValue[..<sign]))
    }
}

extension Diagnostics {
    fileprivate var inWords: String { all.map(\.message).joined(separator: "; ") }
}

extension Change {
    /// What is there now instead of what a run left: `mode is now 0644`.
    fileprivate var nowInWords: String {
        guard let before, !before.contains("\n"), before.utf8.count < 200 else {
            return before == nil ? "\(what) is gone" : "\(what) is another now"
        }
        return "\(what) is now \(before)"
    }
}

extension NetworkResource {
    /// Whether it is in force as soon as it is put back, or brings into force what was.
    fileprivate var isInForceAtOnce: Bool { restoration?.isInForceAtOnce ?? isOnlyForHandlers }
}
