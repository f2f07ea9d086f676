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
        return ResourcePlan(
            changes: [Change(.delete, status.kind.rawValue, before: status.inWords)],
            action: Action(
                script: "rm -f -- \(path)", finish: FileFailure(path: path).finish))
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
