public import Hosts
public import TaskGraph

/// One script on many hosts, outside of any playbook.
public struct AdHocRun: Sendable {
    public enum Event: Sendable {
        /// Somebody asked to stop: no further host begins, or what runs is cut.
        case stopping(StopSignal.Level, running: Int)
        case finished(Host, Result<ScriptResult, any Error>)
    }

    private enum Message: Sendable {
        case finished(Host, Result<ScriptResult, any Error>)
        case stopAsked
    }

    private let script: ShellScript
    private let options: ScriptOptions
    private let forks: Int
    private let connect: @Sendable (Host) async throws -> any HostSession

    /// - Parameters:
    ///   - forks: how many hosts run it at the same time.
    ///   - connect: opens the connection to a host; called once for each.
    public init(
        _ script: ShellScript, options: ScriptOptions, forks: Int,
        connect: @escaping @Sendable (Host) async throws -> any HostSession
    ) {
        self.script = script
        self.options = options
        self.forks = forks
        self.connect = connect
    }

    /// Runs it everywhere, or until `stop` rises; each host that has begun is reported once.
    ///
    /// - Returns: How many hosts were not begun.
    public func run(
        on hosts: [Host], stop: StopSignal, events: (Event) -> Void
    ) async -> Int {
        await withTaskGroup(of: Message.self) { group in
            var waiting = hosts[...]
            var running = 0
            var level = StopSignal.Level.running
            func listen() {
                guard level < .now else { return }
                let past = level
                group.addTask {
                    await stop.wait(past: past)
                    return .stopAsked
                }
            }
            listen()
            while true {
                while level == .running, running < forks, let host = waiting.popFirst() {
                    running += 1
                    group.addTask { .finished(host, await result(on: host)) }
                }
                guard running > 0, let message = await group.next() else { break }
                switch message {
                case .finished(let host, let result):
                    running -= 1
                    events(.finished(host, result))
                case .stopAsked where stop.level > level:
                    level = stop.level
                    events(.stopping(level, running: running))
                    if level == .now { group.cancelAll() }
                    listen()
                case .stopAsked:
                    break
                }
            }
            // What still listens has nothing to listen for.
            group.cancelAll()
            return waiting.count
        }
    }

    private func result(on host: Host) async -> Result<ScriptResult, any Error> {
        do {
            let session = try await connect(host)
            do {
                let result = try await session.run(script, options: options)
                await session.close()
                return .success(result)
            } catch {
                await session.close()
                return .failure(error)
            }
        } catch {
            return .failure(error)
        }
    }
}
