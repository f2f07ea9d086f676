import Synchronization
import TaskGraph
import Vocabulary

/// A line a host at the foot of the terminal, redrawn in place; what is worth keeping
/// (failures, batches) scrolls away above it.
final class LiveView: RunView {
    private struct State {
        var hosts: [String: HostProgress]
        var order: [String]
        /// How wide each line is that stands below the kept text now.
        var drawn: [Int] = []
        var lastDrawing: ContinuousClock.Instant = .now - .seconds(1)
        var isOver = false
    }

    private static let interval: Duration = .milliseconds(80)

    private let state: Mutex<State>
    private let labels: TaskLabels
    private let sources: [String: String]

    init(labels: TaskLabels, sources: [String: String]) {
        self.labels = labels
        let order = labels.totals.keys.sorted()
        state = Mutex(
            State(hosts: labels.totals.mapValues { HostProgress(total: $0) }, order: order))
        self.sources = sources
    }

    func show(_ event: RunEvent) {
        let style = Style(for: .error)
        state.withLock { state in
            switch event {
            case .taskStarted(let id, let host?, let title, _):
                state.hosts[host]?.started(id, title: title)
            case .taskFinished(let report):
                if let host = report.host { state.hosts[host]?.finished(report) }
                let warnings = labels.warningText(of: report.id, style: style) { sources[$0] }
                if !warnings.isEmpty { keep(warnings, &state) }
                if case .failed = report.status {
                    keep(FailureText(report).rendered(style: style) { sources[$0] }, &state)
                }
            case .taskRetrying(_, let host, let failure, _, let wait):
                keep("\(host ?? ""): \(failure.inWords); again in \(wait.brief)", &state)
            case .batchStarted(let batch):
                keep(
                    style.dim("batch \(batch.number) of \(batch.of): ")
                        + batch.hosts.joined(separator: ", "), &state)
            case .batchHalted(_, let failed):
                keep(
                    style.red("no further batch starts: failed on ")
                        + failed.joined(separator: ", "), &state)
            case .stopping(let level, let running):
                keep(StopWords.of(level, running: running, "task"), &state)
            case .runFinished:
                state.isOver = true
                Stream.error.write(back(&state) + "\u{1B}[J")
                return
            case .runStarted, .taskStarted:
                break
            }
            draw(&state, onlyIfDue: true)
        }
    }

    /// Lets the clocks of running tasks move while nothing else happens.
    func tick() {
        state.withLock { draw(&$0, onlyIfDue: true) }
    }

    /// The terminal is another one now, or somebody else wrote on it (Ctrl-Z, `fg`): what was
    /// drawn is left where it is.
    func restart() {
        state.withLock { state in
            state.drawn = []
            draw(&state, onlyIfDue: false)
        }
    }

    private func keep(_ text: String, _ state: inout State) {
        draw(&state, onlyIfDue: false, below: text + "\n")
    }

    /// Draws over what stands there, line by line: a terminal that is cleared first flickers.
    private func draw(_ state: inout State, onlyIfDue: Bool, below kept: String = "") {
        let now = ContinuousClock.now
        guard !state.isOver, !onlyIfDue || now - state.lastDrawing >= Self.interval else { return }
        state.lastDrawing = now
        // In the background the terminal is the shell's.
        guard Stream.error.isForeground else {
            state.drawn = []
            return Stream.error.write(kept)
        }
        let lines = picture(state, now)
        let start = back(&state) + (kept.isEmpty ? "" : "\u{1B}[J" + kept)
        Stream.error.write(start + lines.map { $0.text + "\u{1B}[K\n" }.joined() + "\u{1B}[J")
        state.drawn = lines.map(\.columns)
    }

    /// Moves to the first of the lines that are drawn. A terminal that has become narrower has
    /// broken them.
    private func back(_ state: inout State) -> String {
        let width = max(1, Stream.error.width)
        let rows = state.drawn.reduce(0) { $0 + max(1, ($1 + width - 1) / width) }
        state.drawn = []
        return rows > 0 ? "\r\u{1B}[\(rows)A" : ""
    }

    private func picture(_ state: State, _ now: ContinuousClock.Instant) -> [BoundedLine] {
        let style = Style(for: .error)
        // The last column stays empty: some terminals wrap as soon as it is written.
        let width = max(1, Stream.error.width - 1)
        let room = max(0, min(Stream.error.height - 3, 30))
        let active = state.order.filter { state.hosts[$0]?.isActive == true }
        let names = min(24, width / 3, active.map(\.columns).max() ?? 0)
        var lines = active.prefix(room).compactMap { name in
            state.hosts[name].map { line(name, names, $0, now, style, width) }
        }
        if active.count > room, room > 0 {
            var more = BoundedLine(width: width)
            more.append("… \(counted(active.count - room, "more host")) at work", style.dim)
            lines.append(more)
        }
        lines.append(total(state.hosts.values, style, width))
        return lines
    }

    private func total(
        _ all: some Collection<HostProgress>, _ style: Style, _ width: Int
    ) -> BoundedLine {
        let done = all.reduce(0) { $0 + $1.done }
        let total = all.reduce(0) { $0 + $1.total }
        let failed = all.count(where: \.isFailed)
        var line = BoundedLine(width: width)
        line.append(
            "\(all.count(where: \.isDone)) of \(counted(all.count, "host")) done", style.bold)
        if failed > 0 { line.append(" · \(failed) failed", style.red) }
        line.append(" · \(done) of \(counted(total, "task"))", style.dim)
        return line
    }

    private func line(
        _ name: String, _ names: Int, _ host: HostProgress, _ now: ContinuousClock.Instant,
        _ style: Style, _ width: Int
    ) -> BoundedLine {
        let cells = width >= 60 ? 16 : width >= 34 ? 8 : 0
        let full = host.total == 0 ? cells : cells * host.done / host.total
        var line = BoundedLine(width: width)
        line.append(name.clipped(to: names).padded(to: names) + " ", style.bold)
        line.append(String(repeating: "━", count: full), host.isFailed ? style.red : style.green)
        line.append(String(repeating: style.isOn ? "━" : "─", count: cells - full), style.dim)
        line.append("\(cells > 0 ? " " : "")\(host.done)/\(host.total)  ")
        let titles = host.running.map { $0.title.visible.replacing("\t", with: " ") }
            .joined(separator: ", ")
        let since = host.running.first.map { now - $0.since } ?? .zero
        let clock = since >= .seconds(1) ? " (\(since.brief))" : ""
        line.append(titles.clipped(to: max(0, line.room - clock.columns)))
        line.append(clock, style.dim)
        return line
    }
}
