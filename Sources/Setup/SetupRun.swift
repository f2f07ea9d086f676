public import Hosts
public import Playbook
public import Record
public import Resources
public import Schema
public import TaskGraph

/// One run over hosts: the graph of a playbook, observed and planned, and applied unless it is
/// a dry run.
public struct SetupRun: Sendable {
    public enum Mode: Sendable {
        /// Says what would change, with the texts that a diff needs; changes nothing.
        case dryRun
        case apply
    }

    let graph: Graph<HostTask>
    private let mode: Mode
    private let detail: PlanDetail
    private let identity: RunIdentity
    private let locks: LockOptions
    private let credentials: Credentials?
    private let recorder: RunRecorder?
    /// What a dry run finds out about its tasks beyond their changes.
    public let ledger = PlanLedger()
    /// What is to be told of hosts beside what came of the tasks.
    public let remarks = RunRemarks()
    private let connect: @Sendable (Host) async throws -> any HostSession

    /// - Parameters:
    ///   - detail: how much the changes that are reported say.
    ///   - identity: who the run is, for the hosts' locks and journals.
    ///   - credentials: those that the graph's tasks were filled in with.
    ///   - recorder: keeps the record of the run beside those of the hosts.
    ///   - connect: opens the connection to a host; called once for each.
    public init(
        _ graph: Graph<HostTask>, mode: Mode, detail: PlanDetail, identity: RunIdentity,
        locks: LockOptions = LockOptions(), credentials: Credentials? = nil,
        recorder: RunRecorder? = nil,
        connect: @escaping @Sendable (Host) async throws -> any HostSession
    ) {
        self.graph = graph
        self.mode = mode
        self.detail = detail
        self.identity = identity
        self.locks = locks
        self.credentials = credentials
        self.recorder = recorder
        self.connect = connect
    }

    /// Runs it to its end. What failed, and why, is in the reports: each failure is a
    /// ``TaskProblem``.
    public func run(
        _ options: RunOptions, events: @escaping @Sendable (RunEvent) -> Void
    ) async -> RunResult<HostOutput> {
        await phase(mode, makeWorkers(), closing: true, options, events: events)
    }

    func makeWorkers() -> [HostName: HostWorker] {
        var workers: [HostName: HostWorker] = [:]
        let used = usedCredentials()
        for task in graph.tasks where workers[task.work.host.name] == nil {
            workers[task.work.host.name] = HostWorker(
                host: task.work.host, directory: task.work.stateDirectory, identity: identity,
                locks: locks,
                credentials: CredentialsOnHost(
                    opened: credentials, wanted: used[task.work.host.name]?.sorted() ?? []),
                recorder: recorder,
                connect: connect)
        }
        return workers
    }

    static func close(_ workers: [HostName: HostWorker]) async {
        await withTaskGroup(of: Void.self) { group in
            for worker in workers.values {
                group.addTask { await worker.close() }
            }
        }
    }

    /// The graph once, over connections that stay open.
    ///
    /// - Parameters:
    ///   - lockedFirst: hosts that are locked before they are observed, also in a dry run.
    ///   - gate: what may be changed, where a plan is applied.
    ///   - closing: whether each host is left when all is done there.
    func phase(
        _ mode: Mode, _ workers: [HostName: HostWorker], lockedFirst: Set<HostName> = [],
        gate: PlanGate? = nil, closing: Bool = false, _ options: RunOptions,
        events: (@Sendable (RunEvent) -> Void)?
    ) async -> RunResult<HostOutput> {
        let performer = HostPerformer(
            mode: mode, detail: detail, workers: workers, questions: questions(mode),
            ledger: ledger, remarks: remarks, lockedFirst: lockedFirst, gate: gate)
        var options = options
        // What no second try mends is not tried again: a wrong key, a secret that cannot be read.
        options.isWorthRetrying = { error in
            guard let problem = error as? TaskProblem else { return true }
            return problem.diagnostics.all.allSatisfy {
                $0.status != .badInput && $0.code != .beyondPlan
                    && !NetworkRevert.codes.contains($0.code)
            }
        }
        guard closing else {
            return await graph.run(options, events: events) {
                try await performer.perform($0, $1)
            }
        }
        let endings = HostEndings(graph)
        async let closed: Void = Self.close(workers, as: endings)
        let result = await graph.run(options) { event in
            events?(event)
            endings.note(event)
        } perform: {
            try await performer.perform($0, $1)
        }
        endings.finish()
        await closed
        return result
    }

    /// Takes leave of each host when all is done there, and at the end of those that are left.
    private static func close(
        _ workers: [HostName: HostWorker], as endings: HostEndings
    ) async {
        await withDiscardingTaskGroup { group in
            var left = workers
            for await host in endings.ended {
                guard let worker = left.removeValue(forKey: host) else { continue }
                group.addTask { await worker.close() }
            }
            for worker in left.values {
                group.addTask { await worker.close() }
            }
        }
    }

    /// For each host, the credentials of its tasks.
    private func usedCredentials() -> [HostName: Set<CredentialVersion>] {
        var result: [HostName: Set<CredentialVersion>] = [:]
        guard credentials != nil else { return result }
        for task in graph.tasks {
            guard let used = task.work.resource?.credentials, !used.isEmpty else { continue }
            result[task.work.host.name, default: []].formUnion(used)
        }
        return result
    }

    /// For each host, all questions of its tasks that do not need an answer first: they travel
    /// in the one round trip that a host costs which is as it should be. Facts are among them
    /// where a task may need one.
    private func questions(_ mode: Mode) -> [HostName: HostQuestions] {
        var result: [HostName: HostQuestions] = [:]
        for task in graph.tasks {
            let host = task.work.host
            let privilege = host.become ? Privilege.root : .login
            switch task.work.kind {
            case .observe:
                // Whatever this run is about: what an earlier one left armed is put back first.
                if host.transport != .local {
                    result[host.name, default: HostQuestions()].add(
                        NetworkProbe(directory: "\(task.work.stateDirectory)/network"),
                        as: privilege)
                }
                result[host.name, default: HostQuestions()].add(
                    MemoryProbe(directory: task.work.stateDirectory), as: privilege)
                if mode == .dryRun {
                    result[host.name, default: HostQuestions()].add(
                        AppliedProbe(directory: task.work.stateDirectory), as: privilege)
                }
            case .resource(let resource):
                result[host.name, default: HostQuestions()].add(resource, detail, as: privilege)
            case .handler(let resource, _):
                result[host.name, default: HostQuestions()].add(resource, detail, as: privilege)
            }
        }
        return result
    }
}
