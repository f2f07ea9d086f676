import Hosts
import Loop
import Resources
import TaskGraph
import Template
import Testing
import Vocabulary

/// This machine as a host, one `sh` a script: what a session does, without its batching.
struct TestHost {
    /// `nil`: whoever runs the tests.
    var user: String?
    /// The directory that finflowctl keeps on the host.
    var stateDirectory = "/nonexistent"
    /// Where its programs are; `nil` for where they are on this machine.
    var programs: String?

    func run(_ script: ShellScript, _ options: ScriptOptions = ScriptOptions()) async throws
        -> ScriptResult
    {
        var words = ["sh"]
        if let user {
            words = ["setpriv", "--reuid=\(user)", "--regid=nogroup", "--clear-groups"] + words
        }
        let bytes = script.withExposed { Array("umask 022\ncd /\n(\n\($0)\n) </dev/null\n".utf8) }
        let command = Command(
            words[0], Array(words.dropFirst()),
            environment: [
                "PATH": programs ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "LC_ALL": "C",
            ])
        let ended = try await ChildProcess.collect(command, input: bytes)
        guard case .status(let status) = ended.exit else {
            throw ProbeError("sh was ended by a signal")
        }
        return ScriptResult(status: status, output: ended.output, error: ended.error)
    }

    func observe(_ questions: [any Probe]) async throws -> Answers {
        var answers = Answers()
        var kinds: [ObjectIdentifier: [any Probe]] = [:]
        for question in questions {
            kinds[ObjectIdentifier(type(of: question)), default: []].append(question)
        }
        for (_, group) in kinds {
            guard let first = group.first else { continue }
            try await put(first, group, into: &answers)
        }
        return answers
    }

    private func put<Question: Probe>(
        _: Question, _ group: [any Probe], into answers: inout Answers
    ) async throws {
        var seen: Set<Question> = []
        let questions = group.compactMap { $0 as? Question }.filter { seen.insert($0).inserted }
        let result = try await run(Question.script(for: questions))
        try #require(result.status == 0, "\(String(decoding: result.error, as: UTF8.self))")
        for (question, answer) in try Question.answers(to: questions, from: result.output[...]) {
            answers.set(answer, for: question)
        }
    }

    func plan(
        _ resource: some Resource, _ files: any PlaybookFiles = TestFiles(),
        detail: PlanDetail = .contents, followsPendingChanges: Bool = false
    ) async throws -> ResourcePlan {
        let answers = try await observe(resource.questions(detail, files))
        return try resource.plan(
            PlanContext(
                answers: answers, files: files, detail: detail, place: .test,
                stateDirectory: stateDirectory, followsPendingChanges: followsPendingChanges))
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
        for upload in action.uploads { try await send(upload.source, to: upload.path) }
        return try action.finish(try await run(action.script, action.options))
    }

    private func send(_ source: UploadSource, to path: String) async throws {
        let sink = Command("sh", ["-c", "umask 077; cat >\"$0\"", path])
        switch source {
        case .bytes(let bytes):
            _ = try await ChildProcess.collect(sink, input: bytes)
        case .file(let local):
            _ = try await ChildProcess.collect(Command("cp", ["--", local, path]))
        case .stream(let next):
            var bytes: [UInt8] = []
            while let piece = try await next() { bytes += piece }
            _ = try await ChildProcess.collect(sink, input: bytes)
        }
    }
}

extension SourcePlace {
    static let test = SourcePlace(file: "role.yaml", line: 1, column: 1)
}
