public import Hosts
public import Record
import Resources
public import Vocabulary

/// Takes the locks of hosts away from whoever has them, for somebody who says why.
public struct Unlocking: Sendable {
    public struct Result: Sendable {
        public var host: Host
        /// What was taken; `nil` where there was none.
        public var outcome: Swift.Result<Taken?, TaskProblem>
    }

    /// A lock that was taken away.
    public struct Taken: Sendable {
        /// Whose it was, as far as it tells.
        public var words: String
        public var run: RunID?
        fileprivate var line: String
    }

    private let identity: RunIdentity
    private let reason: String
    private let recorder: RunRecorder
    private let connect: @Sendable (Host) async throws -> any HostSession

    /// - Parameters:
    ///   - recorder: keeps the record of it beside those of the hosts.
    ///   - connect: opens the connection to a host; called once for each.
    public init(
        identity: RunIdentity, reason: String, recorder: RunRecorder,
        connect: @escaping @Sendable (Host) async throws -> any HostSession
    ) {
        self.identity = identity
        self.reason = reason
        self.recorder = recorder
        self.connect = connect
    }

    /// - Parameter hosts: each with the directory in which what it remembers lies.
    /// - Returns: What came of each, in the order given.
    public func run(on hosts: [(host: Host, directory: String)], forks: Int) async -> [Result] {
        await withTaskGroup(of: (Int, Result).self) { group in
            var waiting = hosts.enumerated().makeIterator()
            var results: [Int: Result] = [:]
            func begin() {
                guard let (number, place) = waiting.next() else { return }
                group.addTask {
                    (
                        number,
                        Result(host: place.host, outcome: await unlock(place.host, place.directory))
                    )
                }
            }
            for _ in 0..<max(1, forks) { begin() }
            while let (number, result) = await group.next() {
                results[number] = result
                begin()
            }
            return hosts.indices.compactMap { results[$0] }
        }
    }

    private func unlock(
        _ host: Host, _ directory: String
    ) async -> Swift.Result<Taken?, TaskProblem> {
        do {
            let session = try await connect(host)
            do {
                let taken = try await unlock(over: session, host, directory)
                await session.close()
                return .success(taken)
            } catch {
                await session.close()
                throw error
            }
        } catch {
            return .failure(TaskProblem(error, host: host.name, task: nil))
        }
    }

    private func unlock(
        over session: any HostSession, _ host: Host, _ directory: String
    ) async throws -> Taken? {
        let privilege: Privilege = host.become ? .root : .login
        let probe = MemoryProbe(directory: directory)
        let memory = try await session.observe([probe], privilege: privilege).answer(probe)
        guard let lock = Taken(memory.lock) else { return nil }
        let change = RecordedChange(kind: "delete", what: "lock", before: lock.words, after: nil)
        let number: Int
        do {
            number = try await recorder.willChange(
                IntendedChange(
                    task: "\(host.name)/unlock", host: host.name.rawValue,
                    title: "unlock: \(reason)", changes: [change]))
        } catch let error as StateStoreError {
            throw Diagnostics([error.diagnostic(.recordUnwritable)])
        }
        do {
            try await take(lock.line, over: session, privilege, host, directory)
            try? await recorder.didChange(number, .changed)
            return lock
        } catch {
            try? await recorder.didChange(
                number, ChangeOutcome(TaskProblem(error, host: host.name, task: nil)))
            throw error
        }
    }

    private func take(
        _ line: String, over session: any HostSession, _ privilege: Privilege, _ host: Host,
        _ directory: String
    ) async throws {
        let scripts = LockScripts(
            directory: directory, run: identity.run, name: host.name)
        let words = "\(reason) (\(identity.origin.who.account) from \(identity.origin.who.machine))"
        let result = try await session.run(
            scripts.breaking(line, because: words, at: .now),
            options: ScriptOptions(privilege: privilege))
        if result.refusal != nil {
            throw Diagnostics([
                Diagnostic(
                    .hostBusy, "its lock changed hands in the meantime",
                    help: "Look who has it now, and decide again.")
            ])
        }
        _ = try ActionError.unlessSuccessful(result)
    }
}

extension Unlocking.Taken {
    fileprivate init?(_ content: HostLock.Content) {
        switch content {
        case .free: return nil
        case .held(let lock, let line):
            self.init(words: lock.holder.inWords, run: lock.holder.run, line: line)
        case .later(let line): self.init(words: "a run of a later finflowctl", line: line)
        case .damaged(let line):
            self.init(words: "nobody: what stood there was damaged", line: line)
        }
    }
}
