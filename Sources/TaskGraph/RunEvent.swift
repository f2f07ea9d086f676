/// What happens in a run, for those who draw it. They come in order; nothing relies on them.
public enum RunEvent: Sendable {
    case runStarted(tasks: Int, hosts: Int)
    case batchStarted(Batch)
    /// More hosts than allowed failed; the batches behind this one do not start.
    case batchHalted(Batch, failed: [String])
    case taskStarted(TaskID, host: String?, title: String, attempt: Int)
    case taskRetrying(TaskID, host: String?, after: TaskFailure, attempt: Int, in: Duration)
    /// Comes once for each task of the graph, also for those that did not run.
    case taskFinished(TaskReport)
    /// Somebody asked to stop, or the time for a gentle stop is over.
    case stopping(StopSignal.Level, running: Int)
    case runFinished(RunSummary)

    /// A batch of a rolling group.
    public struct Batch: Hashable, Sendable {
        public let group: RollingGroup
        /// From 1.
        public let number: Int
        public let of: Int
        public let hosts: [String]

        public init(group: RollingGroup, number: Int, of count: Int, hosts: [String]) {
            self.group = group
            self.number = number
            self.of = count
            self.hosts = hosts
        }
    }
}
