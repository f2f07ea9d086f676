import Hosts
import Playbook
import Resources
import TaskGraph
import Vocabulary

extension TaskProblem {
    /// What went wrong with a task of a host, in the operator's words.
    init(_ error: any Error, host: HostName, task: GraphTask<HostTask>) {
        let subject = "host \(host), task \(task.id.rawValue.drop { $0 != "/" }.dropFirst())"
        switch error {
        case let problem as TaskProblem:
            self = problem
        case let diagnostics as Diagnostics:
            self.init(
                Diagnostics(
                    diagnostics.all.map { diagnostic in
                        var diagnostic = diagnostic
                        diagnostic.subject = diagnostic.subject ?? subject
                        return diagnostic
                    }))
        case let error as HostError:
            self.init(
                error.diagnostic(host: host), isUnreachable: error.status == .unreachable)
        case let error as ActionError:
            self.init(
                Diagnostic(.taskFailed, error.message, at: task.place, subject: subject),
                output: error.output)
        case let error as ProbeError:
            self.init(Diagnostic(.cannotObserve, error.message, at: task.place, subject: subject))
        default:
            self.init(
                Diagnostic(.taskFailed, String(describing: error), at: task.place, subject: subject)
            )
        }
    }
}
