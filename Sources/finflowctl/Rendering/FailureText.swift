import Setup
import TaskGraph
import Vocabulary

/// What a failed task says: its diagnostics, and what the host printed.
struct FailureText {
    private static let outputLimit = 40

    let diagnostics: [Diagnostic]
    let output: String

    init(_ report: TaskReport) {
        guard case .failed(let failure) = report.status else {
            (diagnostics, output) = ([], "")
            return
        }
        if case .performing(let problem as TaskProblem) = failure {
            diagnostics = problem.diagnostics.sorted
            output = problem.output
        } else {
            diagnostics = report.diagnostics
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
