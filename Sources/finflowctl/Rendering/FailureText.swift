import Setup
import TaskGraph
import Vocabulary

/// What a failed task says: its diagnostics, and what the host printed.
struct FailureText {
    private static let outputLimit = 40

    let diagnostics: [Diagnostic]
    let output: String

    init(_ report: TaskReport) {
        let subject = report.host.map { "host \($0), \(report.title.visible)" } ?? report.title
        guard case .failed(let failure) = report.status else {
            (diagnostics, output) = ([], "")
            return
        }
        switch failure {
        case .performing(let problem as TaskProblem):
            diagnostics = problem.diagnostics.sorted
            output = problem.output
        case .performing(let error):
            diagnostics = [Diagnostic(.taskFailed, "\(error)", subject: subject)]
            output = ""
        case .timedOut(let limit):
            diagnostics = [
                Diagnostic(
                    .taskTimedOut, "it was not done within \(limit.brief)", subject: subject,
                    help: "Give the task a longer `timeout:` if it needs one.")
            ]
            output = ""
        case .journal(let error):
            diagnostics = [
                Diagnostic(
                    .taskFailed, "the journal could not be written: \(error)", subject: subject)
            ]
            output = ""
        }
    }

    func rendered(style: Style, source: (String) -> String?) -> String {
        var lines = diagnostics.map { $0.rendered(styled: style.isOn, source: source) }
        let printed = output.split(separator: "\n", omittingEmptySubsequences: true)
        if printed.count > Self.outputLimit {
            lines.append(style.dim("   … \(printed.count - Self.outputLimit) lines before these"))
        }
        lines += printed.suffix(Self.outputLimit).map { "   \(style.dim("|")) \($0.visible)" }
        return lines.joined(separator: "\n")
    }
}

enum FailureWords {
    static func of(_ error: any Error) -> String {
        guard let problem = error as? TaskProblem else { return "\(error)".visible }
        return problem.diagnostics.all.first?.message ?? "failed"
    }
}
