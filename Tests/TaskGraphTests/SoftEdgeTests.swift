import Testing
import Vocabulary

@testable import TaskGraph

@Suite struct SoftEdgeTests {
    @Test func `a soft edge orders two tasks and prunes like any other`() async throws {
        let graph = try Graph(checking: [task("service", softAfter: ["package"]), task("package")])
        let stage = Stage()
        stage.fail("package")
        let result = await graph.play(on: stage)
        #expect(result.endings == ["package": "failed", "service": "pruned by package"])
    }

    @Test func `a soft edge that would close a cycle with written ones is dropped and known`()
        throws
    {
        let graph = try Graph(checking: [
            task("file", softAfter: ["directory"]), task("between", after: ["file"]),
            task("directory", after: ["between"]),
        ])
        #expect(graph.topological.map(\.id) == ["file", "between", "directory"])
        #expect(graph.dropped.map(\.task) == ["file"])
        #expect(graph.dropped.map(\.edge.on) == ["directory"])
    }

    @Test func `a soft edge to a task that is not there means nothing`() throws {
        let graph = try Graph(checking: [task("file", softAfter: ["directory"])])
        #expect(graph.dropped.isEmpty)
        #expect(graph.dependencies(of: "file").isEmpty)
    }

    @Test func `of soft edges in a circle only the one that closes it is dropped`() throws {
        let graph = try Graph(checking: [
            task("a", softAfter: ["b"]), task("b", softAfter: ["c"]), task("c", softAfter: ["a"]),
        ])
        #expect(graph.dropped.map(\.task) == ["c"])
        #expect(graph.topological.map(\.id) == ["c", "b", "a"])
    }

    @Test func `on random graphs exactly those are dropped that close a cycle in their turn`() {
        var dropped = 0
        var total = 0
        for seed in 0..<400 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let count = Int.random(in: 2...24, using: &random)
            var links: [Link] = []
            for after in 1..<count where Bool.random(using: &random) {
                let before = Int.random(in: 0..<after, using: &random)
                links.append(Link(before: before, after: after, reason: .explicit))
            }
            for _ in 0..<Int.random(in: 0...count, using: &random) {
                let before = Int.random(in: 0..<count, using: &random)
                let after = (before + Int.random(in: 1..<count, using: &random)) % count
                links.append(Link(before: before, after: after, reason: .host, isSoft: true))
            }
            let hard = Net(nodeCount: count, links: links) { !$0.isSoft }
            let kept = hard.softLinksKept(links)
            #expect(kept == keptOneByOne(links))
            dropped += kept.count { !$0 }
            total += links.count(where: \.isSoft)
        }
        print("400 random graphs, \(total) soft edges, \(dropped) dropped")
        #expect(dropped > 100 && dropped < total)
    }

    /// The same by the definition: add one after another, and look for a way back each time.
    private func keptOneByOne(_ links: [Link]) -> [Bool] {
        var kept = links.map { !$0.isSoft }
        for (number, link) in links.enumerated() where link.isSoft {
            var reached: Set = [link.after]
            var grows = true
            while grows {
                let more = links.indices.filter {
                    kept[$0] && reached.contains(links[$0].before)
                }.map { links[$0].after }
                grows = !reached.isSuperset(of: more)
                reached.formUnion(more)
            }
            kept[number] = !reached.contains(link.before)
        }
        return kept
    }
}
