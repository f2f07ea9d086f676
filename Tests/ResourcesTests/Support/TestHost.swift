import Hosts
import Loop
import Resources
import TaskGraph
import Template
import Testing
import Vocabulary

/// A host, by default this machine, through the session that a run uses.
struct TestHost {
    /// The directory that finflowctl keeps on the host.
    let stateDirectory: String
    let session: ShellSession

    init(over session: ShellSession, stateDirectory: String) {
        self.session = session
        self.stateDirectory = stateDirectory
    }

    /// - Parameter user: `nil` for whoever runs the tests.
    init(user: String? = nil, stateDirectory: String = "/nonexistent") {
        self.init(
            over: ShellSession(over: TestTransport(user: user), becomes: false),
            stateDirectory: stateDirectory)
    }

    func run(_ script: ShellScript) async throws -> ScriptResult {
        try await session.run(script, options: ScriptOptions())
    }

    func observe(_ questions: [any Probe]) async throws -> Answers {
        try await session.observe(questions, privilege: .root)
    }

    func plan(
        _ resource: some Resource, _ files: any PlaybookFiles = TestFiles(),
        detail: PlanDetail = .contents, followsPendingChanges: Bool = false
    ) async throws -> ResourcePlan {
        var context = PlanContext(
            answers: try await observe(resource.questions(detail, files)), files: files,
            detail: detail, place: .test, stateDirectory: stateDirectory,
            followsPendingChanges: followsPendingChanges)
        do {
            return try resource.plan(context)
        } catch let more as MoreQuestions {
            context.answers.merge(try await observe(more.questions))
            return try resource.plan(context)
        }
    }

    /// Plans and acts; the second plan must be empty.
    @discardableResult
    func converge(
        _ resource: some Resource, _ files: any PlaybookFiles = TestFiles(),
        detail: PlanDetail = .contents, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [Change] {
        let plan = try await plan(resource, files, detail: detail)
        try await perform(plan)
        let second = try await self.plan(resource, files, detail: .decision)
        #expect(
            second.changes.isEmpty, "a second plan has changes: \(second.changes)",
            sourceLocation: sourceLocation)
        #expect(second.action == nil, sourceLocation: sourceLocation)
        return plan.changes
    }

    @discardableResult
    func perform(_ plan: ResourcePlan) async throws -> [String: Value] {
        guard let action = plan.action else { return [:] }
        for upload in action.uploads {
            try await session.upload(upload.source, to: upload.path, privilege: .root)
        }
        return try action.finish(
            try await session.run(action.script, options: action.options))
    }
}

/// This machine's programs, run by another user where one is named.
private struct TestTransport: Transport {
    let local = LocalTransport()
    let user: String?

    var loop: EventLoop { local.loop }
    var isRoot: Bool { user == nil && local.isRoot }

    func open(_ words: [String]) async throws -> any ByteChannel {
        guard let user else { return try await local.open(words) }
        return try await local.open(
            ["setpriv", "--reuid=\(user)", "--regid=nogroup", "--clear-groups"] + words)
    }

    func close() async { await local.close() }
}

extension SourcePlace {
    static let test = SourcePlace(file: "role.yaml", line: 1, column: 1)
}
