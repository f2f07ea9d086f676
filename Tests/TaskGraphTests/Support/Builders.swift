import TaskGraph
import Vocabulary

/// A task without work, written shortly: `task("b", after: ["a"])`.
func task(
    _ id: TaskID, host: String? = nil, line: Int? = nil, after: [TaskID] = [],
    softAfter: [TaskID] = [], semaphores: [SemaphoreName] = [], owns: [Ownership] = [],
    retry: RetryPolicy = .never, timeout: Duration? = nil, rolling: RollingGroup? = nil
) -> GraphTask<Void> {
    let place = line.map { SourcePlace(file: "role.yaml", line: $0, column: 5) }
    return GraphTask(
        id: id, host: host, place: place,
        after: after.map { Edge(on: $0, at: place) },
        softAfter: softAfter.map { Edge(on: $0, .automatic("by its type")) },
        semaphores: semaphores, owns: owns, retry: retry, timeout: timeout, rolling: rolling,
        work: ())
}

/// What is wrong with the tasks, as an operator reads it.
func problems(
    _ tasks: [GraphTask<Void>], rolling: [RollingGroup: RollingPolicy] = [:]
) -> [Diagnostic] {
    do {
        _ = try Graph(checking: tasks, rolling: rolling)
        return []
    } catch {
        return error.all
    }
}
