public import Hosts
import Resources
public import Vocabulary

/// Finds a run in the memory of the hosts that it changed: whoever asks needs to know nothing of
/// it but its name.
public struct UndoSearch: Sendable {
    /// A host, and where what it remembers lies.
    public struct Place: Sendable {
        public var host: Host
        public var stateDirectory: String

        public init(_ host: Host, stateDirectory: String) {
            self.host = host
            self.stateDirectory = stateDirectory
        }
    }

    /// A run as its hosts tell it.
    public struct Found: Sendable {
        public var header: RecordedRun.Header
        var journals: [(place: Place, run: RecordedRun)]
        /// Hosts that could not be asked: whether the run changed them is not known.
        var unanswered: [(place: Place, problem: TaskProblem)]

        public var run: RunID { header.run }

        /// Whether the host told of the run, or could not be asked.
        public func knows(of host: String) -> Bool {
            (journals.map(\.place) + unanswered.map(\.place)).contains {
                $0.host.name.rawValue == host
            }
        }
    }

    /// No host could be asked.
    public struct Unanswered: Error {
        public var problems: [TaskProblem]
    }

    private let places: [Place]
    private let sessions: Sessions
    private let forks: Int

    /// - Parameter forks: how many hosts are asked at the same time.
    public init(_ places: [Place], over sessions: Sessions, forks: Int) {
        self.places = places
        self.sessions = sessions
        self.forks = forks
    }

    /// - Parameter name: of a run, its beginning, or `last`.
    /// - Throws: ``Unanswered``, or what is wrong with the name.
    public func find(_ name: String) async throws -> Found {
        let known = await asking(places) { RunsProbe(directory: $0.stateDirectory) }
        var headers: [RunID: (header: RecordedRun.Header, hosts: Int)] = [:]
        var having: [RunID: [Place]] = [:]
        var unanswered: [(place: Place, problem: TaskProblem)] = []
        for (place, result) in known {
            switch result {
            case .failure(let problem): unanswered.append((place, problem))
            case .success(let runs):
                for header in runs {
                    headers[header.run, default: (header, 0)].hosts += 1
                    having[header.run, default: []].append(place)
                }
            }
        }
        if unanswered.count == places.count, !places.isEmpty {
            throw Unanswered(problems: unanswered.map(\.problem))
        }
        // One of those may be what only the silent ones remember.
        if name == "last", !unanswered.isEmpty {
            throw Diagnostics([Self.lastIsUnclear(unanswered.map(\.place.host.name))])
        }
        let run = try Self.choose(name, among: headers)
        let journals = await asking(having[run] ?? []) {
            JournalProbe(directory: $0.stateDirectory, run: run)
        }
        var read: [(place: Place, run: RecordedRun)] = []
        for (place, result) in journals {
            switch result {
            case .success(let run): read.append((place, run))
            case .failure(let problem): unanswered.append((place, problem))
            }
        }
        guard let header = headers[run]?.header else { throw CancellationError() }
        return Found(header: header, journals: read, unanswered: unanswered)
    }

    private static func lastIsUnclear(_ silent: [HostName]) -> Diagnostic {
        let names = silent.prefix(5).map(\.rawValue).joined(separator: ", ")
        let more = silent.count > 5 ? " and \(silent.count - 5) more" : ""
        return Diagnostic(
            .lastRunUnclear, "which run was the last is not known: no answer from \(names)\(more)",
            help: "Name the run (`finflowctl history` lists them), or leave these out by --limit.")
    }

    private static func choose(
        _ name: String, among runs: [RunID: (header: RecordedRun.Header, hosts: Int)]
    ) throws(Diagnostics) -> RunID {
        let newestFirst = runs.keys.sorted(by: >)
        if name == "last", let last = newestFirst.first { return last }
        let meant = newestFirst.filter { $0.rawValue.hasPrefix(name) }
        if meant.count == 1 { return meant[0] }
        let shown = meant.isEmpty ? newestFirst : meant
        let lines = shown.prefix(10).compactMap { run in
            runs[run].map { known in
                "\(run)  \(known.header.command) by \(known.header.user) from "
                    + "\(known.header.machine), on \(known.hosts) host\(known.hosts == 1 ? "" : "s")"
            }
        }
        let more = shown.count > 10 ? ["… and \(shown.count - 10) before these"] : []
        throw Diagnostics([
            Diagnostic(
                .unknownRun,
                meant.isEmpty
                    ? "no host remembers a run `\(name.visible)`"
                    : "`\(name.visible)` is the beginning of \(meant.count) runs",
                help: lines.isEmpty
                    ? "They remember none at all."
                    : "They remember:\n" + (lines + more).joined(separator: "\n"))
        ])
    }

    /// Puts one question to each host, to so many at a time; in the order of the hosts.
    private func asking<Question: Probe>(
        _ places: [Place], _ question: @escaping @Sendable (Place) -> Question
    ) async -> [(place: Place, answer: Result<Question.Answer, TaskProblem>)] {
        await withTaskGroup(of: (Int, Result<Question.Answer, TaskProblem>).self) { group in
            var results: [Int: Result<Question.Answer, TaskProblem>] = [:]
            for (number, place) in places.enumerated() {
                if number >= forks, let (done, result) = await group.next() {
                    results[done] = result
                }
                group.addTask { (number, await sessions.answer(question(place), of: place.host)) }
            }
            for await (number, result) in group { results[number] = result }
            return places.indices.compactMap { number in
                results[number].map { (places[number], $0) }
            }
        }
    }
}

/// Connections that are opened once, and used by the search and then by the run.
public actor Sessions {
    private let connect: @Sendable (Host) async throws -> any HostSession
    private var open: [HostName: any HostSession] = [:]

    public init(_ connect: @escaping @Sendable (Host) async throws -> any HostSession) {
        self.connect = connect
    }

    /// The connection to a host; only one task at a time asks for that of one host.
    public func session(of host: Host) async throws -> any HostSession {
        if let session = open[host.name] { return session }
        let session = try await connect(host)
        open[host.name] = session
        return session
    }

    /// A connection of its own, which whoever asked for it closes.
    func another(to host: Host) async throws -> any HostSession { try await connect(host) }

    func answer<Question: Probe>(
        _ question: Question, of host: Host
    ) async -> Result<Question.Answer, TaskProblem> {
        do {
            let answers = try await session(of: host)
                .observe([question], privilege: host.become ? .root : .login)
            return .success(try answers.answer(question))
        } catch {
            return .failure(TaskProblem(error, host: host.name, task: nil))
        }
    }

    /// Closes what nobody has closed.
    public func close() async {
        for session in open.values { await session.close() }
        open = [:]
    }
}
