import Hosts
import Loop
import Record
import Resources
import Schema
import TaskGraph
import Template
import Vocabulary

/// One host in one run: its connection, what it remembers, and the changes made over it.
actor HostWorker {
    let host: Host
    /// What the host remembers lies there.
    let directory: String
    let identity: RunIdentity
    let locks: LockOptions
    /// Keeps the record that is not the host's own; awaited before and after each change.
    private let recorder: RunRecorder?
    private let connect: @Sendable (Host) async throws -> any HostSession
    private var session: (any HostSession)?
    /// For changes that could cut the host off.
    let network: NetworkGuard
    /// As it was last read.
    var memory = HostMemory()
    private var credentials: CredentialsOnHost
    var holding = Holding.none
    var heartbeat: Task<Void, Never>?
    /// How many scripts are behind the fence, or on their way there.
    var underway = 0
    /// The key that is given to a host that has none.
    private let newKey = HostDigest.newKey()
    private var lastChange = 0
    /// The desired states that the run brought about or found.
    private var applied: [TaskID: AppliedStates.Wanted] = [:]
    /// By handler, what was written in the run for it to bring into force.
    private var guardedWrites: [TaskID: [TaskID]] = [:]
    private lazy var packages = PackageQueue { [weak self] script, options in
        guard let self else { throw CancellationError() }
        return try await self.runFenced(script, options)
    }

    /// What the run knows of its lock on the host.
    enum Holding: Hashable {
        case none
        /// The script that was to take it failed or was cut, perhaps behind the fence.
        case uncertain
        case held
        /// Somebody else has it, and nothing more may be changed.
        case lost(Diagnostic)
    }

    /// - Parameters:
    ///   - connect: opens the connection of the run, or lends one that is open.
    ///   - anew: opens a connection of its own, where `connect` may lend.
    init(
        host: Host, directory: String, identity: RunIdentity, locks: LockOptions,
        credentials: CredentialsOnHost, recorder: RunRecorder?,
        connect: @escaping @Sendable (Host) async throws -> any HostSession,
        anew: (@Sendable (Host) async throws -> any HostSession)? = nil
    ) {
        self.host = host
        self.directory = directory
        self.identity = identity
        self.locks = locks
        self.credentials = credentials
        self.recorder = recorder
        self.connect = connect
        network = NetworkGuard(host: host, connect: anew ?? connect)
    }

    /// How what the host remembers is read and written.
    nonisolated var memoryPrivilege: Privilege { host.become ? .root : .login }

    var key: Sensitive<String> { memory.key ?? newKey }

    var journal: HostJournal { HostJournal(directory: directory, identity: identity) }

    /// Opens the connection. Only the task that observes the host calls it, and all others come
    /// after that task.
    func open() async throws {
        if session == nil { session = try await connect(host) }
    }

    func observe(_ questions: [any Probe], privilege: Privilege) async throws -> Answers {
        try await live().observe(questions, privilege: privilege)
    }

    /// Runs what changes nothing, and so needs no lock.
    func run(_ script: ShellScript, _ options: ScriptOptions) async throws -> ScriptResult {
        try await live().run(script, options: options)
    }

    private func live() throws -> any HostSession {
        guard let session else { throw HostError.disconnected("it was never opened") }
        return session
    }

    /// Goes on over another connection if the one that there was is gone. One that is only slow
    /// stays: other scripts may be under way on it.
    ///
    /// - Parameter patience: how long it may take to answer.
    func adopt(_ other: any HostSession, patience: Duration) async {
        let options = ScriptOptions(privilege: memoryPrivilege, lane: .aside, timeout: patience)
        if let session,
            (try? await withTimeout(patience, { try await session.run(":", options: options) }))
                != nil
        {
            return await other.close()
        }
        let old = session
        session = other
        await old?.close()
    }

    /// What was written for a handler to bring into force is no longer as it should be: the host
    /// has put it back, or will.
    func forgetWrites(for handler: TaskID) {
        for task in guardedWrites[handler] ?? [] { applied[task] = nil }
    }

    /// Remembers the desired state of a task that is as it should be now.
    func found(
        _ task: TaskID, _ wanted: AppliedStates.Wanted, with used: [CredentialVersion]
    ) {
        applied[task] = wanted
        credentials.found(used)
    }

    /// - Throws: when the credentials at hand are older than those that the host runs.
    func compareCredentials() throws(Diagnostics) {
        try credentials.remember(memory, on: host.name)
    }

    /// - Throws: when the credentials at hand are older than those that the host runs.
    /// - Parameter used: what would get there.
    func refuseOlder(_ used: [CredentialVersion]) throws(Diagnostics) {
        try credentials.refuseOlder(used, on: host.name)
    }

    // MARK: Changes

    /// A change of the host, with what is remembered of it.
    struct Work: Sendable {
        var action: Action
        var entry: HostJournal.Entry
        /// The desired state that it brings about.
        var wanted: AppliedStates.Wanted?
        /// Those that it brings to the host.
        var credentials: [CredentialVersion] = []
        /// Runs first, in the same round trip: what must be on the host's disk before the
        /// change is.
        var prologue: ShellScript = ""
        /// Runs only after the script succeeded.
        var epilogue: ShellScript = ""
        /// The action as it is made where it could cut the host off.
        var guarded: GuardedChange?
        /// The guarded handlers that bring it into force, and may have the host put it back.
        var broughtIntoForceBy: Set<TaskID> = []
    }

    /// Makes a change: its uploads, then its script, behind the fence and between the lines of
    /// the journal.
    func change(_ work: Work) async throws -> [String: Value] {
        guard let recorder else { return try await make(work) }
        let number: Int
        do {
            number = try await recorder.willChange(IntendedChange(work.entry, on: host.name))
        } catch let error as StateStoreError {
            throw Diagnostics([error.diagnostic(.recordUnwritable)])
        }
        do {
            let values = try await make(work)
            // What cannot be written now is written with the run's end, or that fails loudly.
            try? await recorder.didChange(number, .changed)
            return values
        } catch {
            let outcome =
                Task.isCancelled
                ? ChangeOutcome.cancelled
                : ChangeOutcome(TaskProblem(error, host: host.name, task: work.entry.task))
            try? await recorder.didChange(number, outcome)
            throw error
        }
    }

    private func make(_ work: Work) async throws -> [String: Value] {
        lastChange += 1
        var entry = work.entry
        entry.number = lastChange
        entry.isAsLogin = work.action.options.privilege != memoryPrivilege
        let opening =
            journal.willChange(entry)
            + credentials.beginning(work.credentials, in: directory) + work.prologue
        var closing = work.epilogue
        if let wanted = work.wanted {
            let state = wanted.state(key: key, run: identity.run, at: .now)
            closing = AppliedStates.appending(entry.task, state, in: directory) + closing
        }
        let values: [String: Value]
        if let guarded = work.guarded {
            values = try await apart(entry.number, closing) {
                try await perform(guarded, opening: opening)
            }
        } else if let request = work.action.packages, !entry.isAsLogin {
            values = try await apart(entry.number, closing) {
                try await packages.install(
                    request, options: work.action.options, prologue: opening)
            }
        } else {
            values = try await together(work.action, entry.number, opening, closing)
        }
        if let wanted = work.wanted {
            found(entry.task, wanted, with: work.credentials)
        }
        for handler in work.broughtIntoForceBy {
            guardedWrites[handler, default: []].append(entry.task)
        }
        return values
    }

    /// All in one script, unless files are to be sent before. What is to be done as the user of
    /// the connection is a part of a script of root's, which alone can stand behind the fence.
    ///
    /// On a host where nobody becomes root, what should be done as root is done as that user.
    private func together(
        _ action: Action, _ number: Int, _ opening: ShellScript, _ closing: ShellScript
    ) async throws -> [String: Value] {
        var options = action.options
        options.privilege = memoryPrivilege
        let own = action.script(on: host)
        var script = journal.running(own, as: number) + closing
        if action.uploads.isEmpty {
            script = opening + script
        } else {
            try await runOwn(opening)
            do {
                try await upload(action)
            } catch {
                try? await runOwn(journal.did(number, ok: false))
                throw error
            }
        }
        return try action.finish(try await runFenced(script, options))
    }

    func upload(_ action: Action) async throws {
        for upload in action.uploads {
            let result = try await fenced { fence in
                try await live().upload(
                    upload.source, to: upload.path, privilege: action.options.privilege,
                    prologue: fence)
                return ScriptResult(status: 0, output: [], error: [])
            }
            _ = try ActionError.unlessSuccessful(result)
        }
    }

    /// Where the change has a script of its own: what stands behind it comes in another one.
    private func apart(
        _ number: Int, _ closing: ShellScript, _ body: () async throws -> [String: Value]
    ) async throws -> [String: Value] {
        do {
            let values = try await body()
            try await runOwn(journal.did(number, ok: true) + closing)
            return values
        } catch {
            if !Task.isCancelled { try? await runOwn(journal.did(number, ok: false)) }
            throw error
        }
    }

    /// Runs a script of finflowctl's own behind the fence.
    func runOwn(_ script: ShellScript) async throws {
        _ = try ActionError.unlessSuccessful(
            try await runFenced(script, ScriptOptions(privilege: memoryPrivilege)))
    }

    /// What may take long does not take the lock itself: it is in hand, and known to be, before
    /// that begins.
    func runFenced(_ script: ShellScript, _ options: ScriptOptions) async throws -> ScriptResult {
        if holding != .held, options.lane == .slow { try await runOwn("") }
        return try await fenced { fence in
            try await live().run(fence + script, options: options)
        }
    }

    // MARK: The end

    /// Writes down what was found, gives the lock back and closes the connection.
    func close() async {
        heartbeat?.cancel()
        if session != nil { try? await settle() }
        await session?.close()
        session = nil
    }

    private func settle() async throws {
        let ofCredentials = credentials.ending(in: directory)
        var closing: ShellScript = ""
        if !applied.isEmpty {
            let digests = applied.mapValues {
                HostDigest.digest(of: $0.fingerprint, key: key)
            }
            let summary = AppliedStates.summary(digests, key: key)
            if holding == .none, memory.settled.contains(summary), ofCredentials.isEmpty {
                return
            }
            let probe = AppliedProbe(directory: directory)
            var known = try await observe([probe], privilege: memoryPrivilege).answer(probe)
            let isNew = known.take(
                applied.mapValues {
                    $0.state(key: key, run: identity.run, at: identity.since)
                }, at: identity.since)
            // What was settled for other selections of tasks stays so as long as nothing is new.
            let others = holding == .none && !isNew ? memory.settled.sorted().prefix(7) : []
            closing = known.writing(settled: [summary] + others)
        }
        switch holding {
        case .none where applied.isEmpty, .lost:
            return
        case .none, .uncertain, .held:
            closing += ofCredentials
            let isRecorded = holding != .none
            _ = try await live().run(
                (isRecorded ? fence : taking(founding: ""))
                    + scripts.releasing(
                        at: .now, closing: closing,
                        last: isRecorded ? journal.discarding + journal.closing : ""),
                options: ScriptOptions(privilege: memoryPrivilege, timeout: .seconds(20)))
        }
    }
}

extension Action {
    /// As a part of a script that runs with the privilege of what the host remembers.
    func script(on host: Host) -> ShellScript {
        host.become && options.privilege == .login ? .asLogin(script) : script
    }
}
