import Backup
import Synchronization
import Vocabulary

/// A line a database at the foot of the terminal, redrawn in place.
final class LiveBackupView: BackupView {
    private struct State {
        var progress = BackupProgress()
        var drawn: [Int] = []
        var lastDrawing: ContinuousClock.Instant = .now - .seconds(1)
        var isOver = false
    }

    private static let interval: Duration = .milliseconds(100)

    private let state = Mutex(State())

    init() {
        Interrupts.whenContinued { [weak self] in self?.restart() }
    }

    func show(_ event: BackupEvent) {
        state.withLock { state in
            guard !state.isOver else { return }
            state.progress.take(event, at: .now)
            if case .warning(let text) = event {
                draw(&state, below: "warning: \(text)\n")
            } else if ContinuousClock.now - state.lastDrawing >= Self.interval {
                draw(&state)
            }
        }
    }

    func end() {
        state.withLock { state in
            guard !state.isOver else { return }
            state.isOver = true
            Stream.error.write(back(&state) + "\u{1B}[J")
        }
    }

    /// Somebody else wrote on the terminal (Ctrl-Z, `fg`): what was drawn is left where it is.
    private func restart() {
        state.withLock { $0.drawn = [] }
    }

    private func draw(_ state: inout State, below kept: String = "") {
        state.lastDrawing = .now
        // In the background the terminal is the shell's.
        guard Stream.error.isForeground else {
            state.drawn = []
            return Stream.error.write(kept)
        }
        // The last column stays empty: some terminals wrap as soon as it is written.
        let width = max(1, Stream.error.width - 1)
        let room = max(1, Stream.error.height - 2)
        let lines = state.progress.lines(width: width, room: room, Style(for: .error), at: .now)
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
}
