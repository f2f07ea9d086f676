import Synchronization
import Vocabulary

/// The records that a run prints with `--json`: the first one names format and version, the last
/// one is `done` with the exit status, whatever becomes of the run in between.
enum RunRecords {
    private struct State {
        var isOpen = false
        var conclusion: [JSON.Member] = []
        var errors: [Diagnostic] = []
    }

    private static let state = Mutex(State())

    /// Prints the first record. A command does so before anything of it can fail.
    static func begin(_ format: String, _ members: [JSON.Member] = []) {
        JSONView.print(
            .object(
                [.init("format", .string("finflowctl-\(format)")), .init("version", 1)] + members))
        state.withLock { $0.isOpen = true }
    }

    /// What the last record will say besides.
    static func conclude(_ members: [JSON.Member]) {
        state.withLock { $0.conclusion += members }
    }

    /// Why the run did not come to its own end.
    static func fail(_ diagnostics: Diagnostics) {
        state.withLock { $0.errors += diagnostics.sorted }
    }

    /// Prints the last record, once.
    static func end(with status: ExitStatus) {
        let last = state.withLock { state in
            defer { state = State() }
            return state
        }
        guard last.isOpen else { return }
        var members: [JSON.Member] = [
            .init("event", "done"), .init("exit_status", .int(Int(status.rawValue))),
        ]
        if !last.errors.isEmpty {
            members.append(.init("errors", .array(last.errors.map(\.json))))
        }
        JSONView.print(.object(members + last.conclusion))
    }
}

extension OutputOptions {
    /// Begins the records of a run, where they are wanted.
    func beginRun(_ command: String, _ environment: String) {
        guard json else { return }
        RunRecords.begin(
            "run",
            [.init("command", .string(command)), .init("environment", .string(environment))])
    }

    /// The same of a command with a format of its own.
    func begin(_ format: String, _ members: [JSON.Member] = []) {
        if json { RunRecords.begin(format, members) }
    }
}
