import Hosts
public import TaskGraph

extension SetupRun {
    /// What came of applying a plan.
    public enum Bound: Sendable {
        /// The hosts could not all be looked at; nothing was changed.
        case unseen(RunResult<HostOutput>)
        /// They are no longer as planned; nothing was changed.
        case refused([PlanDifference])
        case applied(RunResult<HostOutput>)
    }

    /// Applies exactly a plan: with all hosts locked that it changes, everything is planned once
    /// more and compared, and only then changed.
    ///
    /// - Parameter events: of the second part, the changes.
    public func apply(
        _ plan: BindingPlan, _ options: RunOptions,
        events: @escaping @Sendable (RunEvent) -> Void
    ) async -> Bound {
        let workers = makeWorkers()
        let names = Set(plan.changed.map(\.host))
        let bound = await apply(
            plan, workers, locking: Set(workers.keys.filter { names.contains($0.rawValue) }),
            options, events: events)
        await Self.close(workers)
        return bound
    }

    private func apply(
        _ plan: BindingPlan, _ workers: [HostName: HostWorker], locking locked: Set<HostName>,
        _ options: RunOptions, events: @escaping @Sendable (RunEvent) -> Void
    ) async -> Bound {
        let present = await phase(
            .dryRun, workers, lockedFirst: locked, options, events: nil)
        guard present.isGood else { return .unseen(present) }
        let differences = PlanComparison(plan, graph, present, ledger).differences
        guard differences.isEmpty else { return .refused(differences) }
        return .applied(
            await phase(
                .apply, workers, gate: PlanGate(plan, present: present), closing: true, options,
                events: events))
    }
}
