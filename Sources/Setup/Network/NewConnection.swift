import Hosts
import Loop
import Resources
import Vocabulary

/// The proof that a host can still be reached: a connection made after the change, as the run
/// connects, over nothing that was open before.
struct NewConnection: Sendable {
    enum Verdict: Sendable {
        /// Over this connection.
        case confirmed(any HostSession)
        /// With why the last attempt failed, where one did.
        case reverted(NetworkRevert.Record?, after: (any Error)?)
        /// It could not be reached afterwards either.
        case lost(after: any Error)
    }

    let host: Host
    let connect: @Sendable (Host) async throws -> any HostSession
    let change: GuardedChange
    /// When the host puts the change back, a little later by its own clock.
    let deadline: ContinuousClock.Instant

    /// How long after that it is tried to reach it.
    private static let grace = Duration.seconds(60)
    /// A login that is refused will be refused again, and is counted by what shuts out those who
    /// guess (fail2ban, PerSourcePenalties): it would keep us out when all is well again.
    private static let refusals = 2
    private static let pause = Duration.seconds(1)
    /// After the deadline it is tried once more where it was refused: fail2ban's usual limit is
    /// five in all.
    private static let laterPause = Duration.seconds(12)

    /// Confirms the change, or waits until it was put back.
    func confirm() async throws -> Verdict {
        let script = change.scripts.confirming(change.token)
        var refused = 0
        var laterRefused = false
        var pause = Self.pause
        var failure: (any Error)?
        while true {
            do {
                let (answer, session) = try await attempt(script)
                switch answer {
                case .confirmed: return .confirmed(session)
                case .reverted(let record):
                    await session.close()
                    return .reverted(record, after: failure)
                }
            } catch let error as CancellationError {
                throw error
            } catch let error as ActionError {
                throw error
            } catch {
                try Task.checkCancellation()
                failure = error
                let left = deadline - .now
                if left > .zero {
                    if error.isRefusal { refused += 1 }
                    pause =
                        refused >= Self.refusals
                        ? left + Self.pause : error.isRefusal ? left / 2 : Self.pause
                } else if left < .zero - Self.grace {
                    return .lost(after: error)
                } else if error.isRefusal {
                    // Also where something else shuts us out, which the host does not put back.
                    if laterRefused { return .lost(after: error) }
                    laterRefused = true
                    pause = Self.laterPause
                } else {
                    pause = max(Self.pause, min(pause * 2, .seconds(8)))
                }
            }
            // There is nothing that would tell when the host can be reached again.
            try await Task.sleep(for: pause)
        }
    }

    private func attempt(
        _ script: ShellScript
    ) async throws -> (NetworkGuardScripts.Answer, any HostSession) {
        // An sshd that was told to read its configuration anew may still accept one connection
        // with the old one; the second one comes after it has looked at its signals again.
        if change.isHandler {
            let (_, session) = try await answer(to: ":")
            await session.close()
        }
        let (result, session) = try await answer(to: script)
        guard let answer = NetworkGuardScripts.answer(result), result.status == 0 else {
            await session.close()
            _ = try ActionError.unlessSuccessful(result)
            throw HostError.protocolViolation("it does not say what became of the change")
        }
        return (answer, session)
    }

    /// Over a connection of its own, which stays open.
    private func answer(
        to script: ShellScript
    ) async throws -> (ScriptResult, any HostSession) {
        let session = try await withTimeout(change.patience) {
            try await connect(host)
        }
        do {
            return (try await session.run(script, options: change.options), session)
        } catch {
            await session.close()
            throw error
        }
    }
}

extension Error {
    /// Whether the host was reached and did not let us in.
    fileprivate var isRefusal: Bool {
        switch self as? HostError {
        case .authentication, .hostKey, .sudo, .unsupported: true
        default: false
        }
    }
}
