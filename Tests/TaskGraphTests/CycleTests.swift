import Testing
import Vocabulary

@testable import TaskGraph

@Suite struct CycleTests {
    @Test func `a cycle is printed as its path, each edge with its place and reason`() {
        let place = { SourcePlace(file: "role.yaml", line: $0, column: 9) }
        let found = problems([
            GraphTask(
                id: "config", after: [Edge(on: "service", .explicit, at: place(12))], work: ()),
            GraphTask(id: "package", after: [Edge(on: "config", .output, at: place(20))], work: ()),
            GraphTask(
                id: "service", after: [Edge(on: "package", .notify, at: place(31))], work: ()),
            GraphTask(id: "bystander", after: [Edge(on: "service")], work: ()),
        ])
        let texts = found.map { $0.rendered { _ in nil } }
        #expect(
            texts == [
                """
                error[FF0501]: tasks wait for each other: `config` → `service` → `package` → `config`
                  --> role.yaml:12:9
                note: `config` waits for `service`: written in `after`
                  --> role.yaml:12:9
                note: `service` waits for `package`: is notified by it
                  --> role.yaml:31:9
                note: `package` waits for `config`: uses its output
                  --> role.yaml:20:9
                   = help: take one of these edges away
                """
            ])
    }

    @Test func `an edge of a cycle that nobody wrote is told by its reason`() {
        let found = problems([
            GraphTask(id: "a", after: [Edge(on: "b", .automatic("the directory of it"))], work: ()),
            GraphTask(id: "b", after: [Edge(on: "a", .host)], work: ()),
        ])
        #expect(
            found.first?.subject
                == "`a` waits for `b`: the directory of it; `b` waits for `a`: its host needs it first"
        )
    }

    @Test func `each tangle is told once, by a shortest cycle`() {
        let found = problems([
            task("a", after: ["b"]), task("b", after: ["c"]), task("c", after: ["a", "b"]),
            task("x", after: ["y"]), task("y", after: ["x"]), task("z", after: ["x"]),
            task("me", after: ["me"]),
        ])
        #expect(
            found.map(\.message).sorted() == [
                "tasks wait for each other: `b` → `c` → `b`",
                "tasks wait for each other: `me` → `me`",
                "tasks wait for each other: `x` → `y` → `x`",
            ])
    }

    @Test func `a cycle of fifty thousand tasks is found and told in a few lines`() {
        let count = 50_000
        let found = problems(
            (0..<count).map { task(TaskID("t\($0)"), after: [TaskID("t\(($0 + 1) % count)")]) })
        #expect(found.map(\.code) == [.graphCycle])
        #expect(found[0].message.contains("`t0` → `t1` → "))
        #expect(found[0].message.contains("… 49980 more …"))
        #expect(found[0].message.count < 400)
    }

    @Test func `on random graphs a cycle is reported exactly if there is one, and is a shortest`() {
        var cyclic = 0
        for seed in 0..<400 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let count = Int.random(in: 1...14, using: &random)
            let links = (0..<Int.random(in: 0...count * 2, using: &random)).map { _ in
                Link(
                    before: .random(in: 0..<count, using: &random),
                    after: .random(in: 0..<count, using: &random), reason: .explicit)
            }
            let net = Net(nodeCount: count, links: links) { _ in true }
            let girths = (0..<count).compactMap { walk(from: $0, back: $0, links, count) }
            let tangles = net.tangles()
            #expect(tangles.isEmpty == girths.isEmpty)
            for tangle in tangles {
                let cycle = net.shortCycle(in: tangle)
                let shortest = tangle.compactMap { walk(from: $0, back: $0, links, count) }.min()
                #expect(cycle.count == shortest)
                for (number, link) in cycle.enumerated() {
                    let next = cycle[(number + 1) % cycle.count]
                    #expect(links[link].before == links[next].after)
                }
            }
            if !tangles.isEmpty { cyclic += 1 }
        }
        print("400 random graphs, \(cyclic) with cycles")
        #expect((50...350).contains(cyclic))
    }

    /// The length of the shortest walk over the links from a node back to it, by trying all
    /// lengths.
    private func walk(from start: Int, back end: Int, _ links: [Link], _ count: Int) -> Int? {
        var reached: Set = [start]
        for length in 1...count {
            reached = Set(links.filter { reached.contains($0.before) }.map(\.after))
            if reached.contains(end) { return length }
        }
        return nil
    }
}
