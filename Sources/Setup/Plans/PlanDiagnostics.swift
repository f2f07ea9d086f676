public import Vocabulary

extension Diagnostic.Code {
    public static let badPlanFile = Self(
        "FF0850", "a file is no plan that can be applied", status: .badInput,
        explanation: """
            `setup --plan` reads what `plan --out` wrote: JSON with a checksum. The file is not \
            there, was cut off, was edited, or was written by a finflowctl with another version of \
            the format. Make the plan again.
            """)
    public static let playbooksMoved = Self(
        "FF0851", "the playbooks have moved on since the plan was made", status: .badInput,
        explanation: """
            A plan binds to the files of the playbooks, the variables of the command line, the \
            versions of credentials and the hosts of the inventory as they were. Each of the \
            messages names one that is another now. No host was asked, nothing was changed. What was \
            set with `--set`, `--prefix` or `--system` for the plan is to be set again when it is \
            applied: the file does not keep values.
            """)
    public static let hostsMoved = Self(
        "FF0852", "hosts have moved on since the plan was made", status: .failed,
        explanation: """
            With the hosts locked, each task was planned once more, and what it would change now \
            is not what the plan says. Each message names the host and the task, with the planned \
            change and the present one. Nothing was changed on any host. What is already as the plan \
            wants it is no difference, so that a run which was killed is finished by the same \
            command. Look at a new plan: `finflowctl plan --out FILE`.
            """)
    public static let beyondPlan = Self(
        "FF0853", "a task wants what the plan does not say", status: .failed,
        explanation: """
            When its turn came, the task would have changed something that was neither planned nor \
            known only later: what ran before it had another effect than expected, or somebody \
            changed the host meanwhile. It was left out, with what depends on it. Look at a new plan.
            """)
}

public enum PlanDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .badPlanFile, .playbooksMoved, .hostsMoved, .beyondPlan,
    ]
}
