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

    /// What became of a change that was confirmed.
    struct Confirmed: Sendable {
        var values: [String: Value] = [:]
        /// The new connection, where the one of the run is gone.
        var session: (any HostSession)?
    }

    /// Makes a change and has it confirmed over a new connection, or learns that it was put
    /// back.
    ///
    /// - Parameters:
    ///   - make: makes it over the connection of the run.
    ///   - run: runs a script over it.
    func perform(
        _ change: GuardedChange,
        make: @escaping @Sendable () async throws -> [String: Value],
        run: @escaping @Sendable (ShellScript, ScriptOptions) async throws -> ScriptResult
    ) async throws -> Confirmed {
        try await turns.enter()
        defer { turns.leave() }
        let began = ContinuousClock.now
        let way = NewConnection(
            host: host, connect: connect, change: change,
            deadline: began + .seconds(change.seconds))
        let made: Result<[String: Value], any Error>
        do {
            made = .success(try await withTimeout(.seconds(change.seconds) / 2, make))
        } catch let error as ActionError {
            throw await failure(error, of: change, run)
        } catch  where error is HostError || error is TimeoutError {
            // The connection is gone, or silent: it may be the only thing that the change cut.
            made = .failure(error)
        }
        switch try await way.confirm() {
        case .confirmed(let session):
            if case .success(let values) = made {
                await session.close()
                return Confirmed(values: values)
            }
            return Confirmed(session: session)
        case .reverted(let record, let error):
            // It never came so far that there was something to put back.
            if record?.token != change.token, case .failure(let error) = made { throw error }
            throw change.reverted(record, after: error, on: host.name)
        case .lost(let error):
            throw change.lost(after: error, on: host.name)
        }
    }

    /// The change said itself that it failed: what it did is put back at once.
    private func failure(
        _ error: ActionError, of change: GuardedChange,
        _ run: @Sendable (ShellScript, ScriptOptions) async throws -> ScriptResult
    ) async -> any Error {
        if let problem = change.notBegun(error, on: host.name) { return problem }
        let script = change.scripts.reverting(change.token, because: .failed)
        // Where that does not come through the host does it by itself.
        guard let result = try? await run(script, change.options),
            case .reverted(let record?) = NetworkGuardScripts.answer(result),
            record.token == change.token
        else { return error }
        if record.because != NetworkRevert.Cause.failed.words {
            return change.reverted(record, after: error, on: host.name)
        }
        var error = error
        error.message += "; the host put everything back"
        return error
    }
}
