import TaskGraph
import Testing
import Vocabulary

@Suite struct GraphValidationTests {
    @Test func `an edge to an unknown task points at it and offers the nearest id`() {
        let found = problems([
            task("app-1/ntp", line: 3), task("app-1/ntp-config", line: 7, after: ["app-1/npt"]),
        ])
        #expect(found.map(\.code) == [.graphUnknownTask])
        #expect(
            found[0].message
                == "`app-1/ntp-config` runs after `app-1/npt`, which is no task of this run")
        #expect(found[0].hint == "did you mean `app-1/ntp`?")
        #expect(found[0].place == SourcePlace(file: "role.yaml", line: 7, column: 5))
    }

    @Test func `an id that comes twice names both places`() {
        let found = problems([task("a", line: 3), task("b", line: 5), task("a", line: 9)])
        #expect(found.map(\.code) == [.graphDuplicateTask])
        #expect(found[0].place?.line == 9)
        #expect(found[0].related.map(\.place.line) == [3])
    }

    @Test func `two owners that want different things are an error at both places`() {
        let thing = "app-1:file:/etc/motd"
        let found = problems([
            task("a", line: 3, owns: [Ownership(thing, fingerprint: "mode 0644")]),
            task("b", line: 5, owns: [Ownership(thing, fingerprint: "mode 0600")]),
        ])
        #expect(found.map(\.code) == [.graphOwnershipConflict])
        #expect(found[0].message == "`b` and `a` want different things of app-1:file:/etc/motd")
        #expect(found[0].place?.line == 5)
        #expect(found[0].related.map(\.place.line) == [3])
        #expect(!"\(found)".contains("0600"), "a fingerprint may be of something secret")
    }

    @Test func `two owners that want the same take turns, and neither prunes the other`()
        async throws
    {
        let ownership = Ownership("app-1:package:curl", fingerprint: "installed")
        let graph = try Graph(checking: [
            task("a", owns: [ownership]), task("b", owns: [ownership]),
        ])
        #expect(graph.dependencies(of: "b") == ["a"])
        #expect(graph.descendants(of: "a").isEmpty)
        let stage = Stage()
        stage.fail("a")
        stage.finish("b")
        let result = await graph.play(on: stage)
        #expect(stage.started == ["a", "b"])
        #expect(result.endings == ["a": "failed", "b": "unchanged"])
    }

    @Test func `all errors are told at once`() {
        let found = problems([
            task("a", after: ["b"], owns: [Ownership("x", fingerprint: "1")]),
            task("b", after: ["a"], owns: [Ownership("x", fingerprint: "2")]),
            task("b"),
            task("c", after: ["nowhere"]),
            task("d", after: ["d"]),
        ])
        #expect(
            found.map(\.code.id).sorted()
                == ["FF0501", "FF0501", "FF0502", "FF0503", "FF0504"])
    }

    @Test func `an empty graph is a good one`() async throws {
        let graph = try Graph(checking: [GraphTask<Void>]())
        let result = await graph.play(on: Stage())
        #expect(result.reports.isEmpty)
        #expect(result.isGood)
    }

    @Test func `codes are unique, of this module's range, and explained`() {
        let codes = TaskGraphDiagnostics.catalogue
        #expect(Set(codes.map(\.id)).count == codes.count)
        for code in codes {
            #expect(code.id.hasPrefix("FF05"))
            #expect(code.explanation.count > 80)
        }
    }
}
