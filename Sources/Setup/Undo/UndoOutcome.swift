import Hosts
public import TaskGraph
import Vocabulary

/// What a task of an undo leaves: what became of each of its steps.
public struct UndoOutput: Sendable {
    public enum Verdict: Hashable, Sendable {
        case putBack
        /// It is as it was before the run already.
        case already
        /// Changed again since, and what is there now. It is left alone.
        case conflict(String)
        /// Nothing, or too little, is known of what was there before.
        case impossible(String)
    }

    public internal(set) var verdicts: [Verdict] = []
    /// The handlers that bring into force what was put back, and may have the host take it back.
    public internal(set) var broughtIntoForceBy: [TaskID] = []
    /// What the host answered before anything was changed; only of its first task.
    var answers: Answers?

    public var conflicts: [String] {
        verdicts.compactMap { if case .conflict(let now) = $0 { now } else { nil } }
    }

    public var impossible: [String] {
        verdicts.compactMap { if case .impossible(let why) = $0 { why } else { nil } }
    }
}

extension UndoOutput {
    /// Why nothing was done, where nothing was.
    var reason: String? {
        if let now = conflicts.first { return "changed again since: \(now)" }
        return impossible.first.map { "cannot be put back: \($0)" }
    }
}
