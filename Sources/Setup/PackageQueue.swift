import Hosts
import Resources
import Synchronization
import Template

/// Turns the package changes of one host that are ready together into one transaction of apt:
/// it holds a lock for the whole host and starts slowly, so one is much faster than many.
///
/// The task that comes while nobody works leads: it runs the transaction of all who wait, tells
/// them what came of it, and then the next one in the line leads. So a transaction is always
/// part of a task that wants it, and is cut when that task is.
final class PackageQueue: Sendable {
    /// What one who waits is told.
    private enum Turn {
        case outcome(Result<[String: Value], any Error>)
        /// Nobody works any more.
        case lead
    }

    private struct Wish {
        var number: Int
        var request: PackageRequest
        var prologue: ShellScript
        var options: ScriptOptions
    }

    /// Where one stands who does not lead.
    private enum Seat {
        case coming
        case waiting(CheckedContinuation<Turn, Never>)
        /// Told before it waited.
        case told(Turn)
    }

    private struct State {
        var isLed = false
        var lastNumber = 0
        var wishes: [Wish] = []
        var seats: [Int: Seat] = [:]
    }

    private let run: @Sendable (ShellScript, ScriptOptions) async throws -> ScriptResult
    private let state = Mutex(State())

    init(run: @escaping @Sendable (ShellScript, ScriptOptions) async throws -> ScriptResult) {
        self.run = run
    }

    func install(
        _ request: PackageRequest, options: ScriptOptions, prologue: ShellScript
    ) async throws -> [String: Value] {
        let (number, leads) = state.withLock { state -> (Int, Bool) in
            state.lastNumber += 1
            let number = state.lastNumber
            state.wishes.append(
                Wish(number: number, request: request, prologue: prologue, options: options))
            defer { state.isLed = true }
            if state.isLed { state.seats[number] = .coming }
            return (number, !state.isLed)
        }
        if !leads, case .outcome(let result) = await turn(of: number) { return try result.get() }
        return try await lead(number)
    }

    private func turn(of number: Int) async -> Turn {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let told: Turn? = state.withLock { state in
                    switch state.seats[number] {
                    case .told(let turn):
                        state.seats[number] = nil
                        return turn
                    case .coming:
                        state.seats[number] = .waiting(continuation)
                        return nil
                    case .waiting, nil:
                        return .outcome(.failure(CancellationError()))
                    }
                }
                if let told { continuation.resume(returning: told) }
            }
        } onCancel: {
            let seat = state.withLock { state -> Seat? in
                state.wishes.removeAll { $0.number == number }
                // One that was told to lead does, if only to hand over.
                if case .told = state.seats[number] { return nil }
                return state.seats.removeValue(forKey: number)
            }
            if case .waiting(let continuation) = seat {
                continuation.resume(returning: .outcome(.failure(CancellationError())))
            }
        }
    }

    /// Runs one transaction, for `own` and all who wait with it.
    private func lead(_ own: Int) async throws -> [String: Value] {
        defer { handOver(own) }
        // Tasks that became ready in the same moment come one by one; a transaction takes
        // seconds, so the first one waits a moment for the others.
        try await Task.sleep(for: .milliseconds(10))
        let batch = state.withLock { state in
            defer { state.wishes = [] }
            return state.wishes
        }
        let result: ScriptResult
        do {
            try Task.checkCancellation()
            result = try await transact(batch)
        } catch {
            if Task.isCancelled {
                // Only the one that leads was cut; the others still want what they wanted.
                state.withLock { state in
                    let left = batch.filter { state.seats[$0.number] != nil }
                    state.wishes.insert(contentsOf: left, at: 0)
                }
            } else {
                for wish in batch { tell(wish.number, .outcome(.failure(error))) }
            }
            throw error
        }
        let outcomes = AptTransaction.outcomes(of: result, for: batch.map(\.request))
        var mine: Result<[String: Value], ActionError>?
        for (wish, outcome) in zip(batch, outcomes) {
            if wish.number == own {
                mine = outcome
            } else {
                tell(wish.number, .outcome(outcome.mapError { $0 }))
            }
        }
        guard let mine else { throw CancellationError() }
        return try mine.get()
    }

    private func transact(_ batch: [Wish]) async throws -> ScriptResult {
        var options = batch.first?.options ?? ScriptOptions()
        options.timeout = batch.map(\.options.timeout).max() ?? options.timeout
        let prologues = batch.map(\.prologue).joined(separator: "")
        // What a package starts by itself outlives the script, and must not hold its fence: the
        // shell does, until apt has ended.
        let script: ShellScript = """
            \(prologues)\
            (
            \(AptTransaction.script(for: batch.map(\.request)))
            ) 9>&-
            exit $?

            """
        return try await run(script, options)
    }

    private func handOver(_ own: Int) {
        let next = state.withLock { state in
            state.wishes.removeAll { $0.number == own }
            let next = state.wishes.first?.number
            state.isLed = next != nil
            return next
        }
        if let next { tell(next, .lead) }
    }

    private func tell(_ number: Int, _ turn: Turn) {
        let seat = state.withLock { state in
            let seat = state.seats[number]
            switch seat {
            case .coming: state.seats[number] = .told(turn)
            case .waiting: state.seats[number] = nil
            case .told, nil: break
            }
            return seat
        }
        if case .waiting(let continuation) = seat { continuation.resume(returning: turn) }
    }
}
