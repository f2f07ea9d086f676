import Hosts
import Vocabulary

/// What stands at a path that is about to be changed, and how its content is kept.
struct Prior: Sendable {
    var state: PathState
    /// How a script keeps the content; `nil` where there is none, or none that may be kept.
    var keeping: KeptContent?
    /// Whether the host remembers that the file holds a secret.
    var hasRecord = false

    func step(leaving left: PathState) -> UndoStep {
        UndoStep(left: left.spec, before: state.spec)
    }

    /// What must still stand there when it is changed.
    var basis: FileReplacement.Basis? {
        state.kind == .missing ? .missing : keeping.map { .sha256($0.sha256) }
    }

    /// A step before the change; empty where there is nothing to keep.
    func keeping(_ path: String) -> ShellScript { keeping?.keeping(path) ?? ShellScript() }

    /// A step behind the change to something that is no secret.
    func forgetting(_ path: String, in stateDirectory: String) -> ShellScript {
        hasRecord ? SecretRecord.forgetting(path, in: stateDirectory) : ShellScript()
    }
}

/// A path that is about to be changed, as far as it was looked at.
struct Endangered {
    var path: String
    var status: PathStatus?
    /// Of a file, where it is known already.
    var sha256: String?
    /// Whether it will hold a secret. A file that finflowctl did not write probably holds the
    /// same one already, so it is not kept.
    var becomesSecret = false
    /// Whether its content changes.
    var isRewritten = true
}

extension PlanContext {
    /// What stands at the paths, to be put back by `undo`.
    ///
    /// - Throws: ``MoreQuestions`` where there are files of which too little is known: only where
    ///   something that exists is changed.
    func priors(of paths: [Endangered]) throws -> [Prior] {
        var questions: [any Probe] = []
        for path in paths where path.status?.kind == .file && path.isRewritten {
            let record = SecretRecordProbe(path: path.path, stateDirectory: stateDirectory)
            if !answers.contains(record) { questions.append(record) }
            let digest = DigestProbe(path.path, expectedSize: nil)
            if path.sha256 == nil, !answers.contains(digest) { questions.append(digest) }
        }
        guard questions.isEmpty else { throw MoreQuestions(questions) }
        return try paths.map(found)
    }

    /// Undo steps for directories that a change makes in passing: they go when they are empty.
    func stepsForMissing(_ directories: [String]) throws -> [UndoStep] {
        try directories.filter { try answers.contains(PathProbe($0)) && status(of: $0) == nil }
            .map { path in
                var before = PathState(path, .missing)
                before.unlessUsed = true
                return UndoStep(
                    left: PathState.directory(path, FileAttributes()).spec, before: before.spec)
            }
    }

    func prior(of path: Endangered) throws -> Prior { try priors(of: [path])[0] }

    private func found(_ endangered: Endangered) throws -> Prior {
        let path = endangered.path
        guard let status = endangered.status else { return Prior(state: PathState(path, .missing)) }
        switch status.kind {
        case .symlink: return Prior(state: .link(path, to: status.linkTarget ?? ""))
        case .directory: return Prior(state: .directory(path, FileAttributes(of: status)))
        case .other:
            return Prior(state: .lost(path, "it was neither file, directory nor symlink"))
        case .file where !endangered.isRewritten:
            return Prior(state: .file(path, sha256: nil, FileAttributes(of: status)))
        case .file: return try priorFile(endangered, status)
        }
    }

    private func priorFile(_ endangered: Endangered, _ status: PathStatus) throws -> Prior {
        let path = endangered.path
        let probe = SecretRecordProbe(path: path, stateDirectory: stateDirectory)
        switch try answers.answer(probe) {
        case .none: break
        case .garbled:
            return secretFile(path, status, lostBecause: "what is known of its secret is garbled")
        case .record(let record) where !record.describes(status):
            return secretFile(
                path, status, lostBecause: "it held a secret, and somebody else changed it since")
        case .record(let record):
            guard let referenced = record.referenced else {
                return secretFile(path, status, lostBecause: "it held a secret without a name")
            }
            return secretFile(path, status, referenced)
        }
        if endangered.becomesSecret {
            return Prior(
                state: .lost(path, "it may have held the secret already, so it was not kept"))
        }
        var sha256 = endangered.sha256
        if sha256 == nil,
            case .sha256(let found) = try answers.answer(DigestProbe(path, expectedSize: nil))
        {
            sha256 = found
        }
        guard let sha256 else {
            return Prior(state: .lost(path, "it could not be read"))
        }
        guard status.size <= KeptContent.longest.bytes else {
            return Prior(
                state: .lost(
                    path,
                    "it was \(ByteCount(status.size)), more than is kept (\(KeptContent.longest))"))
        }
        return Prior(
            state: .file(path, sha256: sha256, FileAttributes(of: status)),
            keeping: KeptContent(sha256: sha256, in: stateDirectory, isShared: status.links > 1))
    }

    private func secretFile(
        _ path: String, _ status: PathStatus, _ referenced: String? = nil,
        lostBecause reason: String? = nil
    ) -> Prior {
        var state = PathState.file(path, sha256: nil, FileAttributes(of: status))
        state.secret = referenced
        return Prior(state: reason.map { .lost(path, $0) } ?? state, hasRecord: true)
    }
}
