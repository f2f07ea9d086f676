import Hosts
import TaskGraph
import Vocabulary

/// Takes a file or a link away. Directories are never taken away by it.
struct FileRemoval: Sendable {
    var path: String
    /// What may be removed; anything else there is an error.
    var kinds: Set<PathStatus.Kind>

    var questions: [any Probe] { [PathProbe(path)] }

    func plan(_ context: PlanContext) throws -> ResourcePlan {
        guard let status = try context.status(of: path) else { return .unchanged }
        guard kinds.contains(status.kind) else {
            throw context.wrongKind(path, status.kind, wanted: "nothing")
        }
        let prior = try context.prior(of: Endangered(path: path, status: status))
        return ResourcePlan(
            changes: [Change(.delete, status.kind.rawValue, before: status.inWords)],
            action: Action(
                script: Self.script(path, prior, in: context.stateDirectory),
                finish: FileFailure(path: path).finish),
            undo: [prior.step(leaving: PathState(path, .missing))])
    }

    /// Keeps what is there and takes it away.
    static func script(
        _ path: String, _ prior: Prior, in stateDirectory: String
    ) -> ShellScript {
        [
            "set -e", prior.basis.map { FileReplacement.demanding($0, at: path) } ?? "",
            prior.keeping(path), "rm -f -- \(path.shellPath)",
            prior.forgetting(path, in: stateDirectory),
        ].filter { !$0.isEmpty }.joined()
    }
}

extension PathStatus {
    var inWords: String {
        switch kind {
        case .file: "a file of \(ByteCount(size))"
        case .symlink: "a link to \((linkTarget ?? "").visible)"
        case .directory, .other: kind.inWords
        }
    }
}
