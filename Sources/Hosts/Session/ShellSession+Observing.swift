extension ShellSession {
    public func observe(
        _ questions: [any Probe], privilege: Privilege
    ) async throws -> Answers {
        try Task.checkCancellation()
        if questions.isEmpty { return Answers() }
        if let failure { throw failure }
        let number = newNumber()
        let privilege = become.effective(privilege)
        defer { observers[number] = nil }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let observer = Observer(questions: questions) { continuation.resume(with: $0) }
                observers[number] = observer
                quick[privilege, default: QuickLane()].observers.append(observer)
                startWorking(as: privilege)
            }
        } onCancel: {
            // Nothing is ended on the host: others may wait for the same answers, and they come
            // soon.
            loop.post { [weak self] in
                self?.assumeIsolated {
                    $0.observers[number]?.finish(.failure(CancellationError()))
                }
            }
        }
    }

    /// The jobs that answer all `observers`: one for each type of question.
    func probes(for observers: [Observer]) -> [Job] {
        var all = ProbeGroups()
        for question in observers.lazy.flatMap(\.questions) { question.join(&all) }
        let round = Round(observers: observers, groups: all)
        return all.groups.map { group in
            makeJob(group.script, isQuestion: true) { round.take($0, for: group) }
        }
    }
}

/// Somebody who waits for answers.
final class Observer {
    let questions: [any Probe]
    private(set) var isFinished = false
    private let completion: (Result<Answers, any Error>) -> Void

    init(
        questions: [any Probe], completion: @escaping (Result<Answers, any Error>) -> Void
    ) {
        self.questions = questions
        self.completion = completion
    }

    func finish(_ result: Result<Answers, any Error>) {
        guard !isFinished else { return }
        isFinished = true
        completion(result)
    }
}

/// All questions of one type in one round trip.
private protocol ProbeGroup {
    var script: ShellScript { get }
    func read(_ result: ScriptResult, into answers: inout Answers)
}

private final class Questions<Question: Probe>: ProbeGroup {
    private var all: [Question] = []
    private var seen: Set<Question> = []

    func add(_ question: Question) {
        if seen.insert(question).inserted { all.append(question) }
    }

    var script: ShellScript { Question.script(for: all) }

    func read(_ result: ScriptResult, into answers: inout Answers) {
        do throws(ProbeError) {
            guard result.status == 0 else {
                let said = String(decoding: result.error, as: UTF8.self).lastLines
                throw ProbeError(
                    "asking for \(Question.self) ended with status \(result.status): \(said)")
            }
            let read = try Question.answers(to: all, from: result.output[...])
            for (question, answer) in read { answers.set(answer, for: question) }
        } catch {
            for question in all { answers.setFailure(error, for: question) }
        }
    }
}

/// All questions of one round trip.
private struct ProbeGroups {
    var groups: [any ProbeGroup] = []
    var positions: [ObjectIdentifier: Int] = [:]
    /// Parts before what is derived from them.
    var derived: [any Probe] = []
}

extension Probe {
    /// Puts the question, or its parts, to the others of its type.
    fileprivate func join(_ all: inout ProbeGroups) {
        let parts = self.parts
        guard parts.isEmpty else {
            for part in parts { part.join(&all) }
            all.derived.append(self)
            return
        }
        let type = ObjectIdentifier(Self.self)
        let position = all.positions[type] ?? all.groups.count
        if position == all.groups.count {
            all.positions[type] = position
            all.groups.append(Questions<Self>())
        }
        (all.groups[position] as? Questions<Self>)?.add(self)
    }
}

/// The answers of one round trip, until all of them are there.
private final class Round {
    private let observers: [Observer]
    private let derived: [any Probe]
    private var missing: Int
    private var answers = Answers()

    init(observers: [Observer], groups: ProbeGroups) {
        self.observers = observers
        derived = groups.derived
        missing = groups.groups.count
    }

    func take(_ result: Result<ScriptResult, any Error>, for group: any ProbeGroup) {
        switch result {
        case .success(let result):
            group.read(result, into: &answers)
            missing -= 1
            guard missing == 0 else { return }
            for question in derived { answers.derive(question) }
            finish(.success(answers))
        case .failure(let error):
            finish(.failure(error))
        }
    }

    private func finish(_ result: Result<Answers, any Error>) {
        for observer in observers { observer.finish(result) }
    }
}
