public import Hosts
internal import Synchronization

/// A host that answers from memory: what one real host answered once. Nothing travels, nothing is
/// changed, so what a run costs is what the controller itself costs.
public struct SimulatedSession: HostSession {
    let memory: RecordedAnswers

    public func observe(
        _ questions: [any Probe], privilege: Privilege
    ) async throws -> Answers {
        try await memory.answers(to: questions, privilege)
    }

    /// Every change succeeds and says nothing.
    public func run(_ script: ShellScript, options: ScriptOptions) async throws -> ScriptResult {
        memory.counts.withLock {
            $0.scripts += 1
            $0.scriptBytes += script.withExposed { $0.utf8.count }
        }
        return ScriptResult(status: 0, output: [], error: [])
    }

    public func upload(
        _ source: UploadSource, to path: String, privilege: Privilege, prologue: ShellScript
    ) async throws {
        memory.counts.withLock { $0.scripts += 1 }
    }

    public func download(
        _ path: String, privilege: Privilege, _ body: @Sendable ([UInt8]) async throws -> Void
    ) async throws {}

    public func close() async {
        memory.counts.withLock { $0.closed += 1 }
    }
}

/// What a real host answers to each set of questions, asked when they are put for the first time.
public final class RecordedAnswers: Sendable {
    /// What all sessions were asked to do.
    public struct Counts: Sendable {
        public var observations = 0
        public var scripts = 0
        public var scriptBytes = 0
        public var closed = 0
    }

    private struct Key: Hashable {
        var questions: [AnyHashable]
        var privilege: Privilege
    }

    // `AnyHashable` is not Sendable, but what it holds here is: probes.
    private struct Known: @unchecked Sendable {
        var answers: [Key: Answers] = [:]
    }

    private let real: any HostSession
    private let known = Mutex(Known())
    let counts = Mutex(Counts())

    public init(from real: any HostSession) {
        self.real = real
    }

    public var session: SimulatedSession { SimulatedSession(memory: self) }

    public func takeCounts() -> Counts {
        counts.withLock { counts in
            defer { counts = Counts() }
            return counts
        }
    }

    func answers(
        to questions: [any Probe], _ privilege: Privilege
    ) async throws -> Answers {
        counts.withLock { $0.observations += 1 }
        if let answers = find(questions, privilege) { return answers }
        let answers = try await real.observe(questions, privilege: privilege)
        known.withLock { $0.answers[Self.key(questions, privilege)] = answers }
        return answers
    }

    private func find(_ questions: [any Probe], _ privilege: Privilege) -> Answers? {
        known.withLock { $0.answers[Self.key(questions, privilege)] }
    }

    private static func key(_ questions: [any Probe], _ privilege: Privilege) -> Key {
        func erased(_ question: some Probe) -> AnyHashable { AnyHashable(question) }
        return Key(questions: questions.map { erased($0) }, privilege: privilege)
    }
}
