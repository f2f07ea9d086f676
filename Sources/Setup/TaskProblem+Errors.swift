import Hosts
import Playbook
import Resources
import TaskGraph
import Vocabulary

extension TaskProblem {
    /// What went wrong with a task of a host, in the operator's words.
    init(_ error: any Error, host: HostName, task: GraphTask<HostTask>) {
        self.init(error, host: host, task: task.id, at: task.place)
    }

    /// - Parameter task: `nil` for what is about the whole host.
    init(_ error: any Error, host: HostName, task: TaskID?, at place: SourcePlace? = nil) {
        let name = task.map { ", task \($0.rawValue.drop { $0 != "/" }.dropFirst())" } ?? ""
        let subject = "host \(host)\(name)"
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
                Diagnostic(.taskFailed, error.message, at: place, subject: subject),
                output: error.output)
        case let error as ProbeError:
            self.init(Diagnostic(.cannotObserve, error.message, at: place, subject: subject))
        default:
            self.init(
                Diagnostic(.taskFailed, String(describing: error), at: place, subject: subject)
            )
        }
    }
}
