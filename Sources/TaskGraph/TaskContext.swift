/// What a task may know of the run while it is performed.
public struct TaskContext<Output: Sendable>: Sendable {
    /// From 1.
    public let attempt: Int
    let node: Int
    let changes: ChangeMemory
    let results: OutputMemory<Output>
    let stop: StopSignal

    /// Whether the run was asked to stop: a performer with several steps ends after this one.
    public var isStopping: Bool { stop.level > .running || Task.isCancelled }

    /// What the tasks that this one directly depends on put out.
    public var outputs: [TaskID: Output] { results.outputs(for: node) }

    /// Whether anything that this task depends on, however far back, changed in this run: then
    /// what was observed before the run no longer holds. Costs nothing.
    public var hasChangedDependency: Bool { changes.hasChange(before: node) }

    /// Which tasks that this one depends on, directly or not, changed in this run, in the order
    /// of the graph. Walks all of them.
    public var changedDependencies: [TaskID] { changes.changes(before: node, directly: false) }

    /// Which of those that it directly depends on: what notified a handler.
    public var changedDirectDependencies: [TaskID] { changes.changes(before: node, directly: true) }
}
