import Testing

@testable import TaskGraph

/// A hundred thousand tasks. What grows is counted, not timed.
@Suite struct ScaleTests {
    enum Shape: CaseIterable {
        case chain, hosts, oneHost, layers, sharedSemaphore

        func tasks(_ count: Int) -> [GraphTask<Void>] {
            (0..<count).map { number in
                let id = TaskID("t\(number)")
                let host = "h\(number % 500)"
                switch self {
                case .chain: return task(id, after: number == 0 ? [] : [TaskID("t\(number - 1)")])
                case .hosts:
                    // Five hundred hosts, each a chain, every other task wants a semaphore of it.
                    return task(
                        id, host: host, after: number < 500 ? [] : [TaskID("t\(number - 500)")],
                        semaphores: number % 2 == 0 ? [SemaphoreName("apt@\(host)")] : [])
                case .oneHost:
                    return task(id, host: "h", semaphores: number % 3 == 0 ? ["apt@h"] : [])
                case .layers:
                    let above = (1...3).map { number - 1000 + $0 * 7 }.filter { $0 >= 0 }
                    return task(id, host: host, after: above.map { TaskID("t\($0)") })
                case .sharedSemaphore:
                    return task(id, host: host, semaphores: ["download"])
                }
            }
        }
    }

    private func effort(_ shape: Shape, _ count: Int) async throws -> Double {
        let graph = try Graph(checking: shape.tasks(count))
        let result: RunResult<Int> = await graph.run { _, _ in TaskOutcome(.unchanged) }
        #expect(result.summary[.unchanged] == count)
        return Double(result.effort) / Double(count)
    }

    @Test(arguments: Shape.allCases)
    func `among twenty thousand a task costs what it costs among five`(shape: Shape) async throws {
        let few = try await effort(shape, 5000)
        let many = try await effort(shape, 20_000)
        print("\(shape): \(few) queue operations a task among 5,000, \(many) among 20,000")
        #expect(many <= few * 1.15)
        #expect(many < 10)
    }

    @Test func `a hundred thousand tasks on five hundred hosts run`() async throws {
        let effort = try await effort(.hosts, 100_000)
        print("hosts: \(effort) queue operations a task among 100,000")
        #expect(effort < 5)
    }

    @Test func `batches over a thousand hosts keep the graph linear`() throws {
        let tasks = (0..<100_000).map { number in
            task(TaskID("t\(number)"), host: "h\(number % 1000)", rolling: "all")
        }
        let graph = try Graph(
            checking: tasks, rolling: ["all": RollingPolicy(batch: .percent(5))])
        #expect(graph.wiring.batches.count == 20)
        #expect(graph.wiring.links.count < 200_000)
    }
}
