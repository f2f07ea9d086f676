import Hosts
import Resources
import Schema
import Template
import Vocabulary

let somewhere = SourcePlace(file: "role.yaml", line: 3, column: 5)

extension Resource {
    /// The resource as a playbook would say it.
    static func reading(_ value: Value) throws(Diagnostics) -> Self {
        try schema.read(PlacedValue(value, at: somewhere))
    }

    /// The plan on a host that gives these answers.
    func plan(_ answers: Answers, followsPendingChanges: Bool = false) throws -> ResourcePlan {
        try plan(.fixture(answers: answers, followsPendingChanges: followsPendingChanges))
    }
}

extension Answers {
    /// One answer.
    static func to<Question: Probe>(_ question: Question, _ answer: Question.Answer) -> Answers {
        var answers = Answers()
        answers.set(answer, for: question)
        return answers
    }

    func and<Question: Probe>(_ question: Question, _ answer: Question.Answer) -> Answers {
        var answers = self
        answers.set(answer, for: question)
        return answers
    }
}

extension PlanContext {
    static func fixture(answers: Answers, followsPendingChanges: Bool = false) -> PlanContext {
        PlanContext(
            answers: answers, files: NoFiles(), detail: .contents, place: somewhere,
            stateDirectory: "/var/lib/finflow", followsPendingChanges: followsPendingChanges)
    }
}

/// A role without files.
struct NoFiles: PlaybookFiles {
    private func missing(_ source: String, at place: SourcePlace) -> Diagnostics {
        Diagnostics([Diagnostic(.localFileProblem, "there is no `\(source)`", at: place)])
    }

    func renderedTemplate(
        _ source: String, at place: SourcePlace
    ) throws(Diagnostics) -> SecretText {
        throw missing(source, at: place)
    }

    func digest(of source: String, at place: SourcePlace) throws(Diagnostics) -> FileDigest {
        throw missing(source, at: place)
    }

    func path(of source: String, at place: SourcePlace) throws(Diagnostics) -> String {
        throw missing(source, at: place)
    }
}
