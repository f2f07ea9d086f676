import TaskGraph
import Vocabulary

/// A line for each thing that happened: for logs, cron and CI.
final class PlainView: RunView {
    private let labels: TaskLabels
    private let sources: [String: String]
    private let contents: Bool
    private let showsChanges: Bool

    /// - Parameter showsChanges: whether changes are told as they happen; a dry run lists them
    ///   at its end, folded by host.
    init(labels: TaskLabels, sources: [String: String], contents: Bool, showsChanges: Bool) {
        self.labels = labels
        self.sources = sources
        self.contents = contents
        self.showsChanges = showsChanges
    }

    func show(_ event: RunEvent) {
        let style = Style(for: .error)
        switch event {
        case .taskFinished(let report):
            finished(report)
        case .taskRetrying(_, let host, let failure, let attempt, let wait):
            Stream.error.line(
                "\(host ?? ""): attempt \(attempt) failed (\(failure.inWords)); "
                    + "again in \(wait.brief)")
        case .batchStarted(let batch):
            Stream.error.line(
                style.dim(
                    "batch \(batch.number) of \(batch.of): \(batch.hosts.joined(separator: ", "))"))
        case .batchHalted(_, let failed):
            Stream.error.line(
                style.red("no further batch starts: failed on \(failed.joined(separator: ", "))"))
        case .stopping(let level, let running):
            Stream.error.line(StopWords.of(level, running: running, "task"))
        case .runStarted, .taskStarted, .runFinished:
            break
        }
    }

    private func finished(_ report: TaskReport) {
        let warnings = labels.warningText(of: report.id, style: Style(for: .error)) { sources[$0] }
        if !warnings.isEmpty { Stream.error.line(warnings) }
        switch report.status {
        case .changed where showsChanges:
            let style = Style(for: .output)
            let text = ChangeText(
                report, place: labels.places[report.id], contents: contents, style: style,
                width: nil)
            let host = style.bold((report.host ?? "").padded(to: labels.hostWidth))
            Stream.output.line("\(host)  \(text.headline)")
            for detail in text.details { Stream.output.line("  " + detail) }
        case .failed:
            let style = Style(for: .error)
            Stream.error.line(FailureText(report).rendered(style: style) { sources[$0] })
        default:
            break
        }
    }
}

extension TaskLabels {
    var hostWidth: Int { min(24, totals.keys.map(\.columns).max() ?? 0) }
}

extension TaskFailure {
    /// A few words, without what a host printed.
    var inWords: String {
        switch self {
        case .performing(let error): FailureWords.of(error)
        case .timedOut(let limit): "not done within \(limit.brief)"
        case .journal: "the journal could not be written"
        }
    }
}
