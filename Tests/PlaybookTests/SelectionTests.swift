import Playbook
import TaskGraph
import Testing
import Vocabulary

@Suite("Choosing tasks")
struct SelectionTests {
    private static func folder() throws -> PlaybookFolder {
        try PlaybookFolder([
            "site.yaml": "- { hosts: all, tags: [servers], roles: [{ role: r, tags: [web] }] }\n",
            "roles/r/role.yaml": """
            role: r
            tasks:
              - { id: one, tags: first, notify: restart, file: { path: /x } }
              - { id: two, tags: [second], after: one, file: { path: /y } }
              - { id: three, tags: [never, rare], after: two, file: { path: /z } }
              - { id: four, tags: always, after: three, file: { path: /v } }
            handlers:
              - { id: restart, service: { name: app, state: restarted } }
            """,
        ])
    }

    private func ids(_ graph: Graph<HostTask>) -> [String] {
        graph.tasks.map(\.id.rawValue).filter { $0.hasPrefix("a/r/") }.map {
            String($0.dropFirst(4))
        }
    }

    @Test(
        "tags of tasks, roles and plays, `always` and `never`",
        arguments: [
            ([], [], ["one", "two", "four", "restart"]),
            (["first"], [], ["one", "four", "restart"]),
            (["second"], [], ["two", "four"]),
            (["rare"], [], ["three", "four"]),
            (["web"], [], ["one", "two", "three", "four", "restart"]),
            (["servers"], ["first"], ["two", "three", "four"]),
            (["r"], ["always"], ["one", "two", "three", "restart"]),
        ] as [([String], [String], [String])])
    func tags(only: [String], except: [String], expected: [String]) throws {
        let graph = try Self.folder().graph(tags: TagSelection(only: only, except: except))
        #expect(ids(graph) == expected)
    }

    @Test("order stays across what was left out")
    func order() throws {
        let graph = try Self.folder().graph(tags: TagSelection(only: ["first"], except: []))
        #expect(graph.ancestors(of: "a/r/four").contains("a/r/one"))
    }

    @Test("a limit leaves out the other hosts, their observation too")
    func limit() throws {
        let graph = try Self.folder().graph(limit: "b")
        #expect(Set(graph.tasks.compactMap(\.host)) == ["b"])
    }

    @Test("a tag that no task has and a host that there is not are told together")
    func unknown() throws {
        let project = try Self.folder().load()
        let error = #expect(throws: Diagnostics.self) {
            try project.graph(
                limit: try .init("c"), tags: TagSelection(only: ["frist"], except: []))
        }
        #expect(error?.all.map(\.code.id).sorted() == ["FF0222", "FF0450"])
        #expect(error?.all.first { $0.code.id == "FF0222" }?.hint == "did you mean `first`?")
    }
}
