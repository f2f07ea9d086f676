import Hosts
import Resources
import Vocabulary

/// A host at the beginning of a run.
struct HostObservation: Sendable {
    var answers: Answers
    /// As it was before anything of it was mended.
    var memory: HostMemory
    /// What was damaged there.
    var problems: [Diagnostic]
}

extension HostWorker {
    /// Connects, puts all questions, and where the run changes the host sees that it may: no
    /// other run is at it, nothing that an earlier one left armed is about to be put back.
    ///
    /// - Parameter locking: whether it is locked before it is observed, also in a dry run.
    func observe(
        _ all: HostQuestions, _ mode: SetupRun.Mode, locking: Bool = false
    ) async throws -> HostObservation {
        try await open()
        while true {
            let seen = try await patiently { _ in
                try await look(all, mode, locking: locking)
            }
            if let seen { return seen }
        }
    }

    /// - Returns: `nil` if another run has changed the host meanwhile, so that it has to be
    ///   observed once more.
    private func look(
        _ all: HostQuestions, _ mode: SetupRun.Mode, locking: Bool
    ) async throws -> HostObservation? {
        var answers = Answers()
        for (questions, privilege) in [(all.asRoot, Privilege.root), (all.asLogin, .login)]
        where !questions.isEmpty {
            answers.merge(try await observe(questions, privilege: privilege))
        }
        let memory = try answers.answer(MemoryProbe(directory: directory))
        remember(memory)
        try compareCredentials()
        switch mode {
        case .apply:
            if try await admit() { return nil }
            if try await settleNetwork(answers) { return nil }
        case .dryRun where locking:
            if try await takeLock() { return nil }
        case .dryRun:
            break
        }
        let problems = try await mend(answers, applying: mode == .apply)
        return HostObservation(answers: answers, memory: memory, problems: problems)
    }
}
