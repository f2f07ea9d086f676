import Hosts
public import Template

/// What a task of a host leaves for the tasks that depend on it.
public struct HostOutput: Sendable {
    /// The task's own outputs: `tasks.<id>.<name>` in later templates.
    public var values: [String: Value]
    /// The desired state that the task stands for, for the stamps of handlers.
    var fingerprint: String?
    /// What the host answered before anything was changed; only of its first task.
    var answers: Answers?

    init(values: [String: Value] = [:], fingerprint: String? = nil, answers: Answers? = nil) {
        self.values = values
        self.fingerprint = fingerprint
        self.answers = answers
    }
}
