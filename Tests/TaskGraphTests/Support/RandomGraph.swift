import Vocabulary

@testable import TaskGraph

/// What a random task is to do.
struct Part: Sendable {
    /// How many attempts fail before one succeeds.
    var failures: Int
    /// How long one takes, in milliseconds of a manual clock; 0 for no time at all.
    var milliseconds: Int
    var isChange: Bool
}

/// A random graph, the limits of a run of it, and what must come out.
struct RandomGraph {
    var tasks: [GraphTask<Part>]
    var options = RunOptions()
    var rolling: [RollingGroup: RollingPolicy] = [:]

    init(seed: UInt64, size: Int, rolls: Bool = false) {
        var random = SeededGenerator(seed: seed)
        let hosts = Int.random(in: 1...12, using: &random)
        let failing = [0, 1, 5].randomElement(using: &random) ?? 0
        var tasks: [GraphTask<Part>] = []
        for number in 0..<size {
            let attempts = Int.random(in: 1...3, using: &random)
            let fails = Int.random(in: 0..<100, using: &random) < failing * 4
            var task = GraphTask(
                id: TaskID("t\(number)"),
                retry: RetryPolicy(attempts: attempts, initial: .milliseconds(3)),
                work: Part(
                    failures: fails ? Int.random(in: 1...3, using: &random) : 0,
                    milliseconds: [0, 0, 1, 5, 20].randomElement(using: &random) ?? 0,
                    isChange: Bool.random(using: &random)))
            if Int.random(in: 0..<10, using: &random) > 0 {
                // In order of the numbers, so that edges, which go up, follow the batches.
                let host = rolls ? number * hosts / size : .random(in: 0..<hosts, using: &random)
                task.host = "h\(host)"
                if rolls, Int.random(in: 0..<4, using: &random) > 0 { task.rolling = "roll" }
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                task.semaphores.append(SemaphoreName("s\(Int.random(in: 0..<6, using: &random))"))
            }
            for _ in 0..<Int.random(in: 0...3, using: &random) where number > 0 {
                let before = TaskID(
                    "t\(Int.random(in: max(0, number - 40)..<number, using: &random))")
                let reasons: [EdgeReason] = [.explicit, .output, .notify, .order("first come")]
                task.after.append(Edge(on: before, reasons.randomElement(using: &random) ?? .host))
            }
            if Int.random(in: 0..<5, using: &random) == 0 {
                let before = TaskID("t\(Int.random(in: 0..<size, using: &random))")
                task.softAfter.append(Edge(on: before, .automatic("chance")))
            }
            if Int.random(in: 0..<8, using: &random) == 0 {
                let thing = "thing-\(Int.random(in: 0..<size / 8 + 1, using: &random))"
                task.owns.append(Ownership(thing, fingerprint: "the same"))
            }
            tasks.append(task)
        }
        self.tasks = tasks.shuffled(using: &random)
        if rolls {
            // Batches are cut in the order in which the tasks name the hosts.
            self.tasks = tasks
            rolling["roll"] = RollingPolicy(
                batch: .count(.random(in: 1...4, using: &random)),
                maxFailures: .random(in: 0...2, using: &random))
        }
        options.seed = seed
        redrawLimits(seed: seed)
    }

    /// Other limits for the same graph.
    mutating func redrawLimits(seed: UInt64) {
        var random = SeededGenerator(seed: ~seed)
        options.limit = .random(in: 1...40, using: &random)
        options.perHost = .random(in: 1...6, using: &random)
        for number in 0..<3 {
            options.semaphores[SemaphoreName("s\(number)")] = .random(in: 1...4, using: &random)
        }
    }

    /// How each task must end, found one after another from the edges alone.
    func expected(_ graph: Graph<Part>) -> [TaskID: String] {
        let place = Dictionary(
            uniqueKeysWithValues: graph.topological.enumerated().map { ($0.element.id, $0.offset) })
        var endings: [TaskID: String] = [:]
        var roots: [TaskID: TaskID] = [:]
        for task in graph.topological {
            let causes = graph.edges(of: task.id).filter(\.reason.isBinding)
                .compactMap { roots[$0.on] }
            if let root = causes.min(by: { place[$0, default: 0] < place[$1, default: 0] }) {
                roots[task.id] = root
                endings[task.id] = "pruned by \(root)"
            } else if task.work.failures >= task.retry.attempts {
                roots[task.id] = task.id
                endings[task.id] = "failed"
            } else {
                endings[task.id] = task.work.isChange ? "changed" : "unchanged"
            }
        }
        return endings
    }
}
