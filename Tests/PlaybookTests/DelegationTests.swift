import Hosts
import Playbook
import TaskGraph
import Testing

@Suite("A task that another host does")
struct DelegationTests {
    private static let files = [
        "environments/test/environment.yaml": """
        inventory:
          hosts: { a: {}, b: {}, c: { become: false } }
          groups: { lead: { hosts: [a] } }
        """,
        "roles/r/role.yaml": """
        role: r
        tasks:
          - { id: package, package: { name: app } }
          - { id: user, user: { name: app } }
          - id: far
            delegate_to: "{{ groups.lead[0].name }}"
            semaphore: cluster@host
            command: { run: "echo {{ host.name }}", always: true, user: app }
          - { id: near, after: far, file: { path: /x } }
          - { id: behind, after: "lead[0]:r/far", file: { path: /y } }
        """,
    ]

    private func edges(_ graph: Graph<HostTask>, _ id: TaskID) -> [String] {
        graph.edges(of: id).map(\.on.rawValue).sorted()
    }

    @Test("belongs to its own host, and is done on the other one")
    func places() throws {
        let graph = try PlaybookFolder(Self.files).graph()
        let task = try #require(graph["b/r/far"])
        #expect(task.host == "b")
        #expect(task.work.owner == "b")
        #expect(task.work.host.name == "a")
        #expect(task.semaphores == ["cluster@a"])
        #expect(graph["c/r/far"]?.work.host.name == "a")
    }

    @Test("comes after both hosts were reached, and after what is written")
    func order() throws {
        let graph = try PlaybookFolder(Self.files).graph()
        #expect(edges(graph, "b/r/far") == ["a/observe", "b/observe"])
        #expect(edges(graph, "b/r/near") == ["b/observe", "b/r/far", "b/r/package"])
        #expect(edges(graph, "b/r/behind") == ["a/r/far", "b/observe", "b/r/package"])
        #expect(
            edges(graph, "a/r/far") == ["a/observe", "a/r/package", "a/r/user"],
            "its own host does it like any other task")
    }

    @Test("is meant when its own host is, and asks the other one")
    func limit() throws {
        let folder = try PlaybookFolder(Self.files)
        let graph = try folder.graph(limit: "b")
        #expect(
            Set(graph.tasks.map(\.id.rawValue)) == [
                "a/observe", "b/observe", "b/r/package", "b/r/user", "b/r/far", "b/r/near",
                "b/r/behind",
            ])
        #expect(try folder.graph(limit: "a")["b/r/far"] == nil)
    }
}
