import Testing
import Vocabulary

@testable import TaskGraph

@Suite struct GraphTests {
    private func diamond() throws -> Graph<Void> {
        try Graph(checking: [
            task("d", after: ["b", "c"]), task("c", after: ["a"]), task("b", after: ["a"]),
            task("a"), task("alone"),
        ])
    }

    @Test func `the order is by rank, then as given`() throws {
        #expect(try diamond().topological.map(\.id) == ["a", "alone", "c", "b", "d"])
    }

    @Test func `neighbours, ancestors and descendants are found by id`() throws {
        let graph = try diamond()
        #expect(graph.dependencies(of: "d") == ["c", "b"])
        #expect(graph.dependents(of: "a") == ["c", "b"])
        #expect(graph.ancestors(of: "d") == ["a", "b", "c"])
        #expect(graph.descendants(of: "a") == ["b", "c", "d"])
        #expect(graph.ancestors(of: "nobody").isEmpty)
        #expect(graph["b"]?.after.map(\.on) == ["a"])
        #expect(graph["nobody"]?.id == nil)
    }

    @Test func `a filter keeps the order that went through what it left out`() throws {
        let graph = try Graph(checking: [
            task("a"), task("b", after: ["a"]), task("c", after: ["b"]), task("d", after: ["c"]),
            task("aside", after: ["b"]),
        ])
        let some = try graph.filtered { ["a", "d", "aside"].contains($0.id) }
        #expect(some.tasks.map(\.id) == ["a", "d", "aside"])
        #expect(some.dependencies(of: "d") == ["a"])
        #expect(some.dependencies(of: "aside") == ["a"])
        #expect(some.descendants(of: "a") == ["d", "aside"])

        let fewer = try some.filtered { $0.id != "a" }
        #expect(fewer.dependencies(of: "d").isEmpty)
        #expect(fewer.topological.map(\.id) == ["d", "aside"])
    }

    @Test func `a failure prunes through what a filter left out`() async throws {
        let graph = try Graph(checking: [
            task("a"), task("b", after: ["a"]), task("c", after: ["b"]),
        ])
        let stage = Stage()
        stage.fail("a")
        let result = try await graph.filtered { $0.id != "b" }.play(on: stage)
        #expect(result.endings == ["a": "failed", "c": "pruned by a"])
    }

    @Test func `on random graphs a filter keeps who depends on whom`() throws {
        var (pairs, gone) = (0, 0)
        for seed in 1...100 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let drawn = RandomGraph(seed: seed, size: .random(in: 1...60, using: &random))
            let graph = try Graph(checking: drawn.tasks)
            let kept = Set(graph.tasks.map(\.id).filter { _ in Bool.random(using: &random) })
            let filtered = try graph.filtered { kept.contains($0.id) }
            let twice = try graph.filtered { kept.contains($0.id) || $0.work.isChange }
                .filtered { kept.contains($0.id) }
            for id in kept {
                let before = graph.ancestors(of: id).intersection(kept)
                #expect(filtered.ancestors(of: id) == before)
                #expect(twice.ancestors(of: id) == before)
                pairs += before.count
                gone += graph.ancestors(of: id).count - before.count
            }
            let needed = kept.union(kept.flatMap { graph.ancestors(of: $0) })
            let whole = try graph.filtered(.withDependencies) { kept.contains($0.id) }
            #expect(Set(whole.tasks.map(\.id)) == needed)
        }
        print("100 random graphs filtered: \(pairs) dependencies kept, \(gone) left out")
        #expect(pairs > 500 && gone > 500)
    }

    @Test func `a filter can bring what the chosen ones depend on`() throws {
        let chosen = try diamond().filtered(.withDependencies) { $0.id == "b" }
        #expect(chosen.tasks.map(\.id) == ["b", "a"])
    }
}
