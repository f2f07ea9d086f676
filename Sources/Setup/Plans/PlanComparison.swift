import Playbook
import Resources
public import TaskGraph
import Vocabulary

/// Where a host is no longer as a plan found it.
public struct PlanDifference: Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// Other changes than the planned ones.
        case otherChanges
        /// The changes read alike, but something that they do not show is another: the old
        /// content behind a redacted one.
        case otherState
        /// It wants something else than it did, by a fact or an output.
        case otherWish
    }

    public var host: String
    public var task: TaskID
    public var title: String
    public var reason: Reason
    public var planned: [Change]
    public var present: [Change]
}

/// Compares the hosts as they are now with a plan: what is already as planned is no difference.
struct PlanComparison {
    let plan: BindingPlan
    let graph: Graph<HostTask>
    let result: RunResult<HostOutput>
    let ledger: PlanLedger
    private let planned: [TaskID: BindingPlan.Planned]

    init(
        _ plan: BindingPlan, _ graph: Graph<HostTask>, _ result: RunResult<HostOutput>,
        _ ledger: PlanLedger
    ) {
        self.plan = plan
        self.graph = graph
        self.result = result
        self.ledger = ledger
        planned = Dictionary(
            plan.tasks.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    var differences: [PlanDifference] {
        result.reports.compactMap { report in
            guard report.status.kind == .changed, let task = graph[report.id],
                let planned = planned[report.id],
                let reason = reason(for: report, task, planned)
            else { return nil }
            return PlanDifference(
                host: report.host ?? "", task: report.id, title: report.title, reason: reason,
                planned: planned.changes, present: report.changes)
        }
    }

    private func reason(
        for report: TaskReport, _ task: GraphTask<HostTask>, _ planned: BindingPlan.Planned
    ) -> PlanDifference.Reason? {
        if planned.isLater { return nil }
        if case .handler(_, let notifiers) = task.work.kind {
            let isExpected =
                planned.status == .changed
                || notifiers.contains { self.planned[$0]?.isLater == true }
            return isExpected ? nil : .otherChanges
        }
        let finding = ledger[report.id]
        if let then = planned.state, let now = finding?.state, then != now { return .otherWish }
        guard report.changes.allSatisfy(planned.changes.contains) else {
            let isCovered = report.changes.allSatisfy { $0.isCovered(by: planned.changes) }
            return isCovered && hasPlannedPastDependency(task.id) ? nil : .otherChanges
        }
        let isSame = (finding?.observed ?? [:]).allSatisfy { name, digest in
            planned.observed[name].map { $0 == digest } ?? true
        }
        return isSame ? nil : .otherState
    }

    /// Whether something that the task comes after was planned and is done by now, as after a
    /// run that was killed: then what stands before the task's change may read otherwise.
    private func hasPlannedPastDependency(_ id: TaskID) -> Bool {
        graph.ancestors(of: id).contains { ancestor in
            planned[ancestor]?.status == .changed && result[ancestor]?.status.kind != .changed
        }
    }
}

extension Change {
    /// Whether it leads to what one of `planned` leads to, from wherever.
    fileprivate func isCovered(by planned: [Change]) -> Bool {
        planned.contains { leads(whereLeads: $0) }
    }
}

/// What a run that applies a plan may change.
struct PlanGate: Sendable {
    private var allowed: [TaskID: [Change]] = [:]
    private var later: Set<TaskID> = []

    /// - Parameter present: what was found just before, and compared with the plan.
    init(_ plan: BindingPlan, present: RunResult<HostOutput>) {
        for task in plan.tasks {
            allowed[task.id] = task.changes + (present[task.id]?.changes ?? [])
            if task.isLater { later.insert(task.id) }
        }
    }

    /// - Throws: when the task wants what the plan does not say.
    func admit(
        _ changes: [Change], of task: GraphTask<HostTask>, _ context: TaskContext<HostOutput>
    ) throws(Diagnostics) {
        if later.contains(task.id) { return }
        let allowed = allowed[task.id] ?? []
        let follows = context.hasChangedDependency
        let strange = changes.filter { change in
            !allowed.contains(change) && !(follows && change.isCovered(by: allowed))
        }
        guard let first = strange.first else { return }
        let after = first.after.map { $0.contains("\n") ? "" : " → \($0)" } ?? ""
        throw Diagnostics([
            Diagnostic(
                .beyondPlan,
                "it has moved on: the plan does not say `\(first.what.visible)\(after.visible)`",
                at: task.place,
                help: "The task and what depends on it were left out. Look at a new plan.")
        ])
    }
}
