public import Hosts
public import Playbook
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

    private let graph: Graph<HostTask>
    private let mode: Mode
    private let detail: PlanDetail
    private let identity: RunIdentity
    private let locks: LockOptions
    private let credentials: Credentials?
    private let connect: @Sendable (Host) async throws -> any HostSession

    /// - Parameters:
    ///   - detail: how much the changes that are reported say.
    ///   - identity: who the run is, for the hosts' locks and journals.
    ///   - credentials: those that the graph's tasks were filled in with.
    ///   - connect: opens the connection to a host; called once for each.
    public init(
        _ graph: Graph<HostTask>, mode: Mode, detail: PlanDetail, identity: RunIdentity,
        locks: LockOptions = LockOptions(), credentials: Credentials? = nil,
        connect: @escaping @Sendable (Host) async throws -> any HostSession
    ) {
        self.graph = graph
        self.mode = mode
        self.detail = detail
        self.identity = identity
        self.locks = locks
        self.credentials = credentials
        self.connect = connect
    }

    /// Runs it to its end. What failed, and why, is in the reports: each failure is a
    /// ``TaskProblem``.
    public func run(
        _ options: RunOptions, events: @escaping @Sendable (RunEvent) -> Void
    ) async -> RunResult<HostOutput> {
        var workers: [HostName: HostWorker] = [:]
        let used = usedCredentials()
        for task in graph.tasks where workers[task.work.host.name] == nil {
            workers[task.work.host.name] = HostWorker(
                host: task.work.host, directory: task.work.stateDirectory, identity: identity,
                locks: locks,
                credentials: CredentialsOnHost(
                    opened: credentials, wanted: used[task.work.host.name]?.sorted() ?? []),
                connect: connect)
        }
        let performer = HostPerformer(
            mode: mode, detail: detail, workers: workers, questions: questions())
        var options = options
        // What no second try mends is not tried again: a wrong key, a secret that cannot be read.
        options.isWorthRetrying = { error in
            guard let problem = error as? TaskProblem else { return true }
            return problem.diagnostics.all.allSatisfy {
                $0.status != .badInput && !NetworkRevert.codes.contains($0.code)
            }
        }
        let result = await graph.run(options, events: events) {
            try await performer.perform($0, $1)
        }
        await withTaskGroup(of: Void.self) { group in
            for worker in workers.values {
                group.addTask { await worker.close() }
            }
        }
        return result
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
    private func questions() -> [HostName: HostQuestions] {
        var result: [HostName: HostQuestions] = [:]
        for task in graph.tasks {
            let host = task.work.host
            let privilege = host.become ? Privilege.root : .login
            if task.work.resource?.network != nil, host.transport != .local {
                result[host.name, default: HostQuestions()].add(
                    NetworkProbe(directory: "\(task.work.stateDirectory)/network"), as: privilege)
            }
            switch task.work.kind {
            case .observe:
                result[host.name, default: HostQuestions()].add(
                    MemoryProbe(directory: task.work.stateDirectory), as: privilege)
            case .resource(let resource):
                result[host.name, default: HostQuestions()].add(resource, detail, as: privilege)
            case .handler(let resource, _):
                result[host.name, default: HostQuestions()].add(resource, detail, as: privilege)
            }
        }
        return result
    }
}
