import Hosts
public import Record
public import Resources
public import Schema
public import TaskGraph
public import Vocabulary

/// A run that puts another one back: observed and planned, and applied unless it is a dry run.
/// It locks the hosts and is remembered by them like any run, so it can be undone as well.
public struct UndoRun: Sendable {
    public let graph: Graph<UndoTask>
    /// What is to be told of hosts beside what came of the tasks.
    public let remarks = RunRemarks()
    private let run: RunID
    private let mode: SetupRun.Mode
    private let detail: PlanDetail
    private let identity: RunIdentity
    private let locks: LockOptions
    private let recorder: RunRecorder?
    private let sessions: Sessions
    private let credentials: Credentials?
    private let secrets: UndoFiles.Secrets

    /// - Parameters:
    ///   - graph: of the run that was found.
    ///   - identity: who the undo is, for the hosts' locks and journals.
    ///   - credentials: whose present values secrets come back with.
    public init(
        _ graph: Graph<UndoTask>, of run: RunID, mode: SetupRun.Mode, detail: PlanDetail,
        identity: RunIdentity, locks: LockOptions = LockOptions(), recorder: RunRecorder? = nil,
        over sessions: Sessions, credentials: Credentials?
    ) {
        self.graph = graph
        self.run = run
        self.mode = mode
        self.detail = detail
        self.identity = identity
        self.locks = locks
        self.recorder = recorder
        self.sessions = sessions
        self.credentials = credentials
        secrets = UndoFiles.secrets(from: credentials)
    }

    public func run(
        _ options: RunOptions, events: @escaping @Sendable (RunEvent) -> Void
    ) async -> RunResult<UndoOutput> {
        var workers: [HostName: HostWorker] = [:]
        for task in graph.tasks {
            let place = task.work.place
            guard workers[place.host.name] == nil else { continue }
            workers[place.host.name] = HostWorker(
                host: place.host, directory: place.stateDirectory, identity: identity, locks: locks,
                credentials: CredentialsOnHost(opened: credentials, wanted: []), recorder: recorder,
                connect: { [sessions] host in try await sessions.session(of: host) },
                anew: { [sessions] host in try await sessions.another(to: host) })
        }
        let performer = UndoPerformer(
            run: run, mode: mode, detail: detail, workers: workers,
            questions: questions(), secrets: secrets, remarks: remarks)
        let result = await graph.run(options, events: events) {
            try await performer.perform($0, $1)
        }
        await SetupRun.close(workers)
        await sessions.close()
        return result
    }

    /// All questions of a host's steps travel in one round trip.
    private func questions() -> [HostName: HostQuestions] {
        var result: [HostName: HostQuestions] = [:]
        for task in graph.tasks {
            let place = task.work.place
            let own = place.host.become ? Privilege.root : .login
            let files = UndoFiles(stateDirectory: place.stateDirectory, secrets: secrets)
            switch task.work.kind {
            case .observe:
                // Whatever this run is about: what an earlier one left armed is put back first.
                if place.host.transport != .local {
                    result[place.host.name, default: HostQuestions()].add(
                        NetworkProbe(directory: "\(place.stateDirectory)/network"), as: own)
                }
                result[place.host.name, default: HostQuestions()].add(
                    MemoryProbe(directory: place.stateDirectory), as: own)
            case .entry(let entry), .handler(let entry, _):
                let somewhere = SourcePlace(file: "run \(run)", line: entry.number, column: 1)
                for spec in entry.undo.flatMap({ [$0.left, $0.before] }) {
                    guard let asked = try? spec.resource(at: somewhere).questions(detail, files)
                    else { continue }
                    for question in asked {
                        result[place.host.name, default: HostQuestions()]
                            .add(question, as: entry.isAsLogin ? .login : own)
                    }
                }
            }
        }
        return result
    }
}
