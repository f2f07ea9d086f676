import Synchronization
import TaskGraph
import Vocabulary

/// A line a host at the foot of the terminal, redrawn in place; what is worth keeping
/// (failures, batches) scrolls away above it.
final class LiveView: RunView {
    private struct State {
        var hosts: [String: HostProgress]
        var order: [String]
        /// How many lines stand below the kept text now.
        var drawn = 0
        var lastDrawing: ContinuousClock.Instant = .now - .seconds(1)
        var isOver = false
    }

    private static let interval: Duration = .milliseconds(80)

    private let state: Mutex<State>
    private let sources: [String: String]

    init(labels: TaskLabels, sources: [String: String]) {
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
            case .stopping(.gentle, let running):
                keep(
                    "Stopping: nothing new starts, \(counted(running, "task")) may finish. "
                        + "Ctrl-C again cuts them.", &state)
            case .runFinished:
                state.isOver = true
                clear(&state)
                return
            case .runStarted, .taskStarted, .stopping:
                break
            }
            draw(&state, onlyIfDue: true)
        }
    }

    /// Lets the clocks of running tasks move while nothing else happens.
    func tick() {
        state.withLock { draw(&$0, onlyIfDue: true) }
    }

    private func keep(_ text: String, _ state: inout State) {
        clear(&state)
        Stream.error.line(text)
        draw(&state, onlyIfDue: false)
    }

    private func clear(_ state: inout State) {
        guard state.drawn > 0 else { return }
        Stream.error.write("\u{1B}[\(state.drawn)A\r\u{1B}[J")
        state.drawn = 0
    }

    private func draw(_ state: inout State, onlyIfDue: Bool) {
        let now = ContinuousClock.now
        guard !state.isOver, !onlyIfDue || now - state.lastDrawing >= Self.interval else { return }
        state.lastDrawing = now
        let lines = picture(state, now)
        let back = state.drawn > 0 ? "\u{1B}[\(state.drawn)A\r\u{1B}[J" : ""
        Stream.error.write(back + lines.map { $0 + "\n" }.joined())
        state.drawn = lines.count
    }

    private func picture(_ state: State, _ now: ContinuousClock.Instant) -> [String] {
        let style = Style(for: .error)
        let width = Stream.error.width - 1
        let room = max(3, min(Stream.error.height - 3, 30))
        let active = state.order.filter { state.hosts[$0]?.isActive == true }
        let names = min(24, active.map(\.count).max() ?? 0)
        var lines = active.prefix(room).compactMap { name in
            state.hosts[name].map { line(name.padded(to: names), $0, now, style, width) }
        }
        if active.count > room {
            lines.append(style.dim("… \(active.count - room) more hosts at work"))
        }
        let all = state.hosts.values
        let done = all.reduce(0) { $0 + $1.done }
        let total = all.reduce(0) { $0 + $1.total }
        let failed = all.count(where: \.isFailed)
        lines.append(
            style.bold("\(all.count(where: \.isDone)) of \(counted(all.count, "host")) done")
                + style.dim(" · \(done) of \(counted(total, "task"))")
                + (failed > 0 ? style.red(" · \(failed) failed") : ""))
        return lines
    }

    private func line(
        _ name: String, _ host: HostProgress, _ now: ContinuousClock.Instant, _ style: Style,
        _ width: Int
    ) -> String {
        let cells = 16
        let full = host.total == 0 ? cells : cells * host.done / host.total
        let bar = String(repeating: "━", count: full)
        let rest = String(repeating: "━", count: cells - full)
        let count = "\(host.done)/\(host.total)"
        let titles = host.running.map(\.title.visible).joined(separator: ", ")
        let since = host.running.first.map { now - $0.since } ?? .zero
        let clock = since >= .seconds(1) ? " (\(since.brief))" : ""
        let room = max(8, width - name.count - cells - count.count - clock.count - 6)
        let shown = titles.count > room ? titles.prefix(room - 1) + "…" : titles[...]
        let painted = host.isFailed ? style.red(bar) : style.green(bar)
        return
            "\(style.bold(name)) \(painted)\(style.dim(rest)) \(count)  \(shown)\(style.dim(clock))"
    }
}
