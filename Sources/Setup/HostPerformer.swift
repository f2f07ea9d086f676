import Hosts
import Playbook
import Resources
import TaskGraph
import Template
import Vocabulary

/// Performs the tasks of a graph on their hosts: observes, plans, and unless it is a dry run
/// applies.
struct HostPerformer: Sendable {
    let mode: SetupRun.Mode
    let detail: PlanDetail
    let workers: [HostName: HostWorker]
    /// All questions that can be put before anything is known of a host.
    let questions: [HostName: HostQuestions]
    let ledger: PlanLedger
    let remarks: RunRemarks
    /// Hosts that are locked before they are observed, also in a dry run.
    var lockedFirst: Set<HostName> = []
    /// What the run may change, where it applies a plan.
    var gate: PlanGate?

    func perform(
        _ task: GraphTask<HostTask>, _ context: TaskContext<HostOutput>
    ) async throws -> TaskOutcome<HostOutput> {
        let work = task.work
        guard let worker = workers[work.host.name] else { throw CancellationError() }
        do {
            switch work.kind {
            case .observe:
                return try await observe(work, task.id, worker)
            case .resource(let resource):
                return try await converge(resource, task, context, worker)
            case .handler(let resource, let notifiers):
                return try await handle(resource, notifiers, task, context, worker)
            }
        } catch {
            throw TaskProblem(error, host: work.host.name, task: task)
        }
    }

    private func observe(
        _ work: HostTask, _ task: TaskID, _ worker: HostWorker
    ) async throws -> TaskOutcome<HostOutput> {
        let seen = try await worker.observe(
            questions[work.host.name] ?? HostQuestions(), mode,
            locking: lockedFirst.contains(work.host.name))
        remarks.record(seen.problems, of: work.observation)
        let changes = Self.changes(setting: seen.memory)
        // Nobody's intention, and what it tells of other changes is lost with it.
        if !changes.isEmpty { ledger.record(TaskFinding(origin: .foreign), of: task) }
        return TaskOutcome(changes: changes, outputs: HostOutput(answers: seen.answers))
    }

    /// What is set aside when the lock is taken.
    private static func changes(setting memory: HostMemory) -> [Change] {
        memory.damaged.filter { $0 == .lock || $0 == .key }.map { file in
            Change(.update, file.name, before: "damaged", after: "set aside as \(file.aside)")
        }
    }

    /// What a task found and wants.
    private struct Finding {
        var resource: any Resource
        var plan: ResourcePlan
        var fingerprint: String
        var answers: Answers

        var wanted: AppliedStates.Wanted {
            AppliedStates.Wanted(fingerprint: fingerprint, aspects: plan.aspects)
        }
    }

    /// - Parameter again: whether to observe the host once more, whatever it answered before.
    private func find(
        _ task: ResourceTask, _ work: HostTask, _ context: TaskContext<HostOutput>,
        _ worker: HostWorker, again: Bool = false
    ) async throws -> Finding? {
        let outputs = context.outputs
        guard var answers = outputs[work.observation]?.answers else {
            throw ProbeError("the host was not observed")
        }
        guard let resolved = try resolve(task, answers, outputs) else { return nil }
        let (resource, files) = (resolved.resource, resolved.files)
        let questions = try resource.questions(detail, files)
        let isOutdated = again || (mode == .apply && context.hasChangedDependency)
        if isOutdated || !questions.allSatisfy({ answers.contains($0) }) {
            answers.merge(try await worker.observe(questions, privilege: task.privilege))
        }
        var plan = try await resource.plan(
            PlanContext(
                answers: answers, files: files, detail: detail, place: task.place,
                stateDirectory: work.stateDirectory,
                followsPendingChanges: mode == .dryRun && context.hasChangedDependency)
        ) { try await worker.observe($0, privilege: task.privilege) }
        if !plan.changes.isEmpty { plan.changes += answers.remark(on: task, work) }
        return Finding(
            resource: resource, plan: plan, fingerprint: try resource.fingerprint(files),
            answers: answers)
    }

    private func resolve(
        _ task: ResourceTask, _ answers: Answers, _ outputs: [TaskID: HostOutput]
    ) throws -> ResolvedResource? {
        if task.isOff { return nil }
        if let known = task.known { return known }
        return try task.resolved(
            facts: try answers.answer(FactsProbe()).value, outputs: outputs.mapValues(\.values))
    }

    private func converge(
        _ task: ResourceTask, _ node: GraphTask<HostTask>, _ context: TaskContext<HostOutput>,
        _ worker: HostWorker
    ) async throws -> TaskOutcome<HostOutput> {
        do {
            return try await patiently { again in
                let found = try await find(task, node.work, context, worker, again: again)
                guard let finding = found else {
                    return TaskOutcome(.skipped("its `when` is false"))
                }
                if mode == .apply {
                    try gate?.admit(finding.plan.changes, of: node, context)
                }
                return try await make(finding, task, node, worker)
            }
        } catch let error as Diagnostics where mode == .dryRun && error.isOnlyKnownLater {
            let change = Change(.run, "known once what it comes after has run")
            ledger.record(TaskFinding(isLater: true), of: node.id)
            return TaskOutcome(.changed, changes: [change], outputs: HostOutput())
        }
    }

    private func make(
        _ finding: Finding, _ task: ResourceTask, _ node: GraphTask<HostTask>,
        _ worker: HostWorker
    ) async throws -> TaskOutcome<HostOutput> {
        var output = HostOutput(values: finding.plan.outputs, fingerprint: finding.fingerprint)
        let changes = finding.plan.changes
        if mode == .dryRun {
            let seen = OriginReading(wanted: finding.wanted, finding.resource, finding.plan)
            ledger.record(
                seen.finding(of: node.id, finding.answers, key: await worker.memory.key, node.work),
                of: node.id)
        }
        guard let action = finding.plan.action.map(task.privileged) else {
            if mode == .apply {
                await worker.found(node.id, finding.wanted, with: task.credentials)
            }
            return TaskOutcome(.unchanged, outputs: output)
        }
        switch mode {
        case .dryRun where changes.isEmpty:
            break
        case .dryRun:
            for name in task.outputNames where output.values[name] == nil {
                output.values[name] = .unknown("\(node.id) would run first")
            }
        case .apply where changes.isEmpty:
            // It waits, or has nothing to do, and leaves the host as it is.
            let result = try await worker.run(action.script, action.options)
            output.values.merge(try action.finish(result)) { _, new in new }
            await worker.found(node.id, finding.wanted, with: task.credentials)
        case .apply:
            let forgotten = task.notifies.map { Stamps.path(handler: $0, notifier: node.id) }
            let values = try await worker.change(
                HostWorker.Work(
                    action: action,
                    entry: HostJournal.Entry(
                        task: node.id, title: node.title, changes: changes,
                        notifies: task.notifies, undo: finding.plan.undo.map(\.json)),
                    wanted: finding.wanted, credentials: task.credentials,
                    prologue: Stamps.forgetting(forgotten, in: node.work.stateDirectory)
                ).guarded(
                    NetworkDuty(node), finding.resource, on: node.work.host,
                    in: node.work.stateDirectory, by: worker.identity.run))
            output.values.merge(values) { _, new in new }
        }
        return TaskOutcome(
            changes.isEmpty ? .unchanged : .changed, changes: changes, outputs: output)
    }

    private func handle(
        _ task: ResourceTask, _ notifiers: [TaskID], _ node: GraphTask<HostTask>,
        _ context: TaskContext<HostOutput>, _ worker: HostWorker
    ) async throws -> TaskOutcome<HostOutput> {
        try await patiently { again in
            try await handle(task, notifiers, node, context, worker, again: again)
        }
    }

    private func handle(
        _ task: ResourceTask, _ notifiers: [TaskID], _ node: GraphTask<HostTask>,
        _ context: TaskContext<HostOutput>, _ worker: HostWorker, again: Bool
    ) async throws -> TaskOutcome<HostOutput> {
        let outputs = context.outputs
        let directory = node.work.stateDirectory
        guard let answers = outputs[node.work.observation]?.answers else {
            throw ProbeError("the host was not observed")
        }
        var stamps = try answers.answer(MemoryProbe(directory: directory)).stamps
        if again {
            // Whoever came in between may have done it.
            try await worker.refresh()
            stamps = await worker.memory.stamps
        }
        let key = await worker.key
        let changed = Set(context.changedDirectDependencies)
        var due: [TaskID] = []
        var current: [(path: String, digest: String)] = []
        for notifier in notifiers {
            // A notifier without a fingerprint was skipped: it wants nothing here.
            guard let fingerprint = outputs[notifier]?.fingerprint else { continue }
            let path = Stamps.path(handler: node.id, notifier: notifier)
            let digest = HostDigest.digest(of: fingerprint, key: key)
            current.append((path, digest))
            if changed.contains(notifier) || stamps[path] != digest { due.append(notifier) }
        }
        guard !due.isEmpty else { return TaskOutcome(.unchanged) }
        guard let finding = try await find(task, node.work, context, worker, again: again) else {
            return TaskOutcome(.skipped("its `when` is false"))
        }
        let changes = finding.plan.changes.map { change in
            var change = change
            change.before = change.before ?? "since \(Self.cause(due, changed))"
            return change
        }
        if mode == .apply {
            _ = try await worker.change(
                HostWorker.Work(
                    action: task.privileged(finding.plan.action ?? Action(script: ":")),
                    entry: HostJournal.Entry(
                        task: node.id, title: node.title, changes: changes, isHandler: true,
                        undo: finding.plan.undo.map(\.json)),
                    credentials: task.credentials,
                    epilogue: Stamps.writing(current, in: directory)
                ).guarded(
                    NetworkDuty(node), finding.resource, on: node.work.host,
                    in: node.work.stateDirectory, by: worker.identity.run))
        }
        return TaskOutcome(.changed, changes: changes)
    }

    private static func cause(_ due: [TaskID], _ changed: Set<TaskID>) -> String {
        let names = due.prefix(2).map { id in
            id.rawValue.split(separator: "/").dropFirst().joined(separator: "/")
        }
        let more = due.count > 2 ? " and \(due.count - 2) more" : ""
        let verb =
            due.contains(where: changed.contains)
            ? "changed" : "changed earlier without it"
        return "\(names.joined(separator: ", "))\(more) \(verb)"
    }
}

extension Diagnostics {
    /// Whether nothing is wrong but that a task would have to run first.
    fileprivate var isOnlyKnownLater: Bool { all.allSatisfy { $0.code == .knownOnlyLater } }
}
