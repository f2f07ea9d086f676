import Hosts
import Loop
import Resources
import Template
import Vocabulary

/// Keeps a host from being cut off by a change: the host puts it back by itself, unless somebody
/// comes over a new connection in time.
///
/// Changes of one host take turns, so that what is put back is what cut it off.
actor NetworkGuard {
    private let host: Host
    private let connect: @Sendable (Host) async throws -> any HostSession
    private let loop: EventLoop
    private let turns: Turnstile

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// - Parameter connect: opens a connection of its own to the host, as the run's was opened.
    init(host: Host, connect: @escaping @Sendable (Host) async throws -> any HostSession) {
        self.host = host
        self.connect = connect
        loop = EventLoops.shared.next()
        turns = Turnstile(places: 1, on: loop)
    }

    /// Makes a change and has it confirmed over a new connection, or learns that it was put
    /// back.
    ///
    /// - Parameters:
    ///   - epilogue: what the host remembers of the success.
    ///   - make: runs an action over the connection of the run.
    ///   - revert: runs a script over it.
    func perform(
        _ change: GuardedChange, epilogue: ShellScript,
        make: @escaping @Sendable (Action) async throws -> [String: Value],
        run: @escaping @Sendable (ShellScript, ScriptOptions) async throws -> ScriptResult
    ) async throws -> [String: Value] {
        try await turns.enter()
        defer { turns.leave() }
        let began = ContinuousClock.now
        let way = NewConnection(
            host: host, connect: connect, change: change,
            deadline: began + .seconds(change.seconds))
        let made: Result<[String: Value], any Error>
        do {
            made = .success(
                try await withTimeout(.seconds(change.seconds) / 2) {
                    try await make(change.action)
                })
        } catch let error as ActionError {
            throw try await failure(error, of: change, run)
        } catch let error as CancellationError {
            throw error
        } catch {
            // The connection is gone, or silent: it may be the only thing that the change cut.
            made = .failure(error)
        }
        switch try await way.confirm(epilogue) {
        case .confirmed:
            return (try? made.get()) ?? [:]
        case .reverted(let record, let error):
            throw change.reverted(record, after: error, on: host.name)
        case .lost(let error):
            throw change.lost(after: error, on: host.name)
        }
    }

    /// The change said itself that it failed: what it did is put back at once.
    private func failure(
        _ error: ActionError, of change: GuardedChange,
        _ run: @Sendable (ShellScript, ScriptOptions) async throws -> ScriptResult
    ) async throws -> any Error {
        if let problem = change.notBegun(error, on: host.name) { return problem }
        let result = try await run(
            change.scripts.reverting(change.token, because: .failed), change.options)
        guard case .reverted(let record?) = NetworkGuardScripts.answer(result),
            record.token == change.token
        else { return error }
        var error = error
        error.message += "; the host put everything back"
        return error
    }
}
