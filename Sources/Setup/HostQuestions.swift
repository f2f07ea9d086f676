import Hosts
import Playbook
import Resources

/// The first questions of a host, by whom they must be asked as.
struct HostQuestions: Sendable {
    private(set) var asRoot: [any Probe] = []
    private(set) var asLogin: [any Probe] = []
    private var asksForFacts = false

    /// All that is known of a task's questions before the host is asked.
    ///
    /// - Parameter privilege: how finflowctl's own questions are asked.
    mutating func add(_ task: ResourceTask, _ detail: PlanDetail, as privilege: Privilege) {
        if task.known == nil, !task.isOff, !asksForFacts {
            asksForFacts = true
            add(FactsProbe(), as: privilege)
        }
        // What cannot be asked yet (a template that needs a fact) is asked when it can.
        guard case .ready(let ready) = task.resource,
            let asked = try? ready.questions(detail, task.files)
        else { return }
        for question in asked { add(question, as: task.privilege) }
    }

    mutating func add(_ question: any Probe, as privilege: Privilege) {
        switch privilege {
        case .root: asRoot.append(question)
        case .login: asLogin.append(question)
        }
    }
}
