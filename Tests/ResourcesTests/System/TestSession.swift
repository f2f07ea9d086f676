import Hosts
import Lab
import Loop
import Resources
import Schema
import TaskGraph
import Template
import Testing
import Vocabulary

/// Runs what resources ask and do on a lab host, each script in a `sudo sh` of its own.
struct TestSession {
    let host: LabHost

    func run(_ script: ShellScript) async throws -> ScriptResult {
        let text = script.withExposed { "umask 022; cd /; export LC_ALL=C\n(\n\($0)\n) </dev/null" }
        let ssh = Command(
            "ssh", ["-F", host.site.sshConfigFile, "-l", host.user, host.name, "sudo -n sh"])
        let result = try await ChildProcess.collect(ssh, input: Array(text.utf8))
        let status: Int32 =
            switch result.exit {
            case .status(let code): code
            case .signal: 137
            }
        return ScriptResult(status: status, output: result.output, error: result.error)
    }

    func observe(_ questions: [any Probe]) async throws -> Answers {
        var answers = Answers()
        for question in questions { try await observe(question, into: &answers) }
        return answers
    }

    func observe<Question: Probe>(
        _ question: Question, into answers: inout Answers
    ) async throws {
        guard question.parts.isEmpty else {
            for part in question.parts { try await observe(part, into: &answers) }
            return answers.set(try question.answer(from: answers), for: question)
        }
        let script = Question.script(for: [question])
        let result = try await run("question() {\n\(script)\n}; question")
        try #require(
            result.status == 0,
            "\(Question.self) ended with \(result.status): \(String(decoding: result.error, as: UTF8.self))"
        )
        let found = try Question.answers(to: [question], from: result.output[...])
        for (question, answer) in found { answers.set(answer, for: question) }
    }

    func facts() async throws -> Value {
        let answers = try await observe([FactsProbe()])
        return try answers.answer(FactsProbe()).value
    }

    func plan(_ resource: some Resource) async throws -> ResourcePlan {
        var answers = try await observe(resource.questions(.contents, NoFiles()))
        do {
            return try resource.plan(.fixture(answers: answers))
        } catch let more as MoreQuestions {
            answers.merge(try await observe(more.questions))
            return try resource.plan(.fixture(answers: answers))
        }
    }

    /// Plans and applies; what the script left.
    @discardableResult
    func apply(_ resource: some Resource) async throws -> (
        changes: [Change], outputs: [String: Value]
    ) {
        let plan = try await plan(resource)
        return (plan.changes, try await perform(plan))
    }

    @discardableResult
    func perform(_ plan: ResourcePlan) async throws -> [String: Value] {
        guard let action = plan.action else { return plan.outputs }
        _ = try await run("mkdir -p -m 0700 /var/lib/finflow")
        var result = try await run(action.script)
        if result.status == 0, let epilogue = action.options.epilogue {
            let after = try await run(epilogue)
            result.status = after.status
            result.error += after.error
        }
        return try action.finish(result)
    }

    /// Applies it, and demands that a second plan finds nothing left to do.
    @discardableResult
    func converge(
        _ resource: some Resource, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [Change] {
        let changes = try await apply(resource).changes
        let second = try await plan(resource)
        #expect(
            second.changes.isEmpty && second.action == nil, "a second run does nothing",
            sourceLocation: sourceLocation)
        return changes
    }

    /// What the host itself says, by none of the means that resources use.
    func look(_ command: String) async throws -> String {
        String(try await host.inspect(command).outputText.drop { $0.isWhitespace }).trimmingEnd
    }
}

extension String {
    var trimmingEnd: String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
