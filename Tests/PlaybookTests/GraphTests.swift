import Hosts
import Playbook
import Resources
import TaskGraph
import Testing

@Suite("From playbooks to a graph")
struct GraphTests {
    private func role(_ text: String) throws -> PlaybookFolder {
        try PlaybookFolder(["roles/r/role.yaml": "role: r\n" + text])
    }

    private func edges(_ graph: Graph<HostTask>, _ id: TaskID) -> [String] {
        graph.edges(of: id).map(\.on.rawValue).filter { !$0.hasSuffix("/observe") }.sorted()
    }

    @Test("every host is observed before its tasks")
    func observe() throws {
        let graph = try role("tasks: [{ id: t, file: { path: /etc/x } }]").graph()
        #expect(
            graph.tasks.map(\.id.rawValue) == ["a/observe", "a/r/t", "b/observe", "b/r/t"])
        #expect(graph.dependencies(of: "a/r/t") == ["a/observe"])
        #expect(graph["a/r/t"]?.title == "file /etc/x")
    }

    @Test("`after` names a task, one of another role, and those of other hosts")
    func after() throws {
        let graph = try PlaybookFolder([
            "site.yaml": "- { hosts: all, roles: [r] }\n- { hosts: b, roles: [s] }\n",
            "roles/r/role.yaml": """
            role: r
            tasks:
              - { id: one, file: { path: /x } }
              - { id: two, after: one, file: { path: /y } }
            """,
            "roles/s/role.yaml": """
            role: s
            tasks:
              - { id: near, after: r/one, file: { path: /z } }
              - { id: far, after: ["a:r/two"], file: { path: /v } }
            """,
        ]).graph()
        #expect(edges(graph, "a/r/two") == ["a/r/one"])
        #expect(edges(graph, "b/s/near") == ["b/r/one"])
        #expect(edges(graph, "b/s/far") == ["a/r/two"])
    }

    @Test("a role after another one waits for its last tasks, with its first ones")
    func roleOrder() throws {
        let graph = try PlaybookFolder([
            "site.yaml": "- { hosts: a, roles: [s, r] }\n",
            "roles/r/role.yaml": """
            role: r
            tasks: [{ id: one, file: { path: /x } }, { id: two, after: one, file: { path: /y } }]
            """,
            "roles/s/role.yaml": """
            role: s
            after: [r]
            tasks: [{ id: one, file: { path: /v } }, { id: two, after: one, file: { path: /w } }]
            """,
        ]).graph()
        #expect(edges(graph, "a/s/one") == ["a/r/two"])
        #expect(edges(graph, "a/s/two") == ["a/s/one"])
    }

    @Test("what lies in a directory comes after it, and the role's packages come first")
    func automatic() throws {
        let graph = try role(
            """
            tasks:
              - { id: file, file: { path: /srv/app/etc/x } }
              - { id: directory, directory: { path: /srv/app } }
              - { id: package, package: { name: app } }
              - { id: service, service: { name: app, state: running } }
            """
        ).graph()
        #expect(edges(graph, "a/r/file") == ["a/r/directory", "a/r/package"])
        #expect(edges(graph, "a/r/service") == ["a/r/package"])
        #expect(edges(graph, "a/r/package") == [])
    }

    @Test("what is written wins over what follows from itself")
    func writtenWins() throws {
        let graph = try role(
            """
            tasks:
              - { id: file, file: { path: /etc/apt/x } }
              - { id: package, after: file, package: { name: app } }
            """
        ).graph()
        #expect(edges(graph, "a/r/package") == ["a/r/file"])
        #expect(edges(graph, "a/r/file") == [])
    }

    @Test("a handler comes after all that notify it, and one that nothing notifies is none")
    func handlers() throws {
        let graph = try role(
            """
            tasks:
              - { id: one, notify: restart, file: { path: /x } }
              - { id: two, notify: [restart], file: { path: /y } }
              - { id: check, after: [restart, reload], file: { path: /z } }
            handlers:
              - { id: restart, service: { name: app, state: restarted } }
              - { id: reload, service: { name: app, state: reloaded } }
            """
        ).graph()
        guard case .handler(_, let notifiers)? = graph["a/r/restart"]?.work.kind else {
            Issue.record("no handler")
            return
        }
        #expect(notifiers == ["a/r/one", "a/r/two"])
        #expect(graph["a/r/one"]?.work.resource?.notifies == ["a/r/restart"])
        #expect(edges(graph, "a/r/restart") == ["a/r/one", "a/r/two"])
        #expect(graph["a/r/reload"] == nil)
        #expect(edges(graph, "a/r/check") == ["a/r/restart"])
    }

    @Test("items are tasks of their own, and follow the same item of another task")
    func items() throws {
        let graph = try role(
            """
            vars: { services: [{ name: auth, port: 1 }, { name: pay, port: 2 }] }
            tasks:
              - id: conf
                for_each: "{{ services }}"
                notify: restart
                file: { path: "/etc/{{ item.name }}", content: "{{ item.port }}{{ item_key }}" }
              - { id: all, after: conf, file: { path: /etc/z } }
              - id: check
                for_each: { auth: x, pay: y }
                after: conf
                file: { path: "/srv/{{ item }}" }
            handlers:
              - id: restart
                for_each: "{{ services }}"
                service: { name: "{{ item.name }}", state: restarted }
            """
        ).graph()
        #expect(edges(graph, "a/r/all") == ["a/r/conf[auth]", "a/r/conf[pay]"])
        #expect(edges(graph, "a/r/check[pay]") == ["a/r/conf[pay]"])
        #expect(edges(graph, "a/r/restart[auth]") == ["a/r/conf[auth]"])
        #expect(graph["a/r/check[auth]"]?.title == "file /srv/x")
    }

    @Test("what comes after an empty `for_each` comes after what that comes after")
    func emptyForEach() throws {
        let graph = try role(
            """
            tasks:
              - { id: one, file: { path: /x } }
              - { id: two, for_each: [], after: one, file: { path: "{{ item }}" } }
              - { id: three, after: two, file: { path: /z } }
            """
        ).graph()
        #expect(edges(graph, "a/r/three") == ["a/r/one"])
    }

    @Test("a task whose condition is false is not there, and what is in it is not judged")
    func when() throws {
        let graph = try PlaybookFolder([
            "environments/test/environment.yaml": """
            inventory: { hosts: { a: { vars: { big: true } }, b: { vars: { big: false } } } }
            """,
            "roles/r/role.yaml": """
            role: r
            tasks:
              - { id: one, file: { path: /x } }
              - { id: two, when: big, after: one, file: { path: "/{{ big }}" } }
              - { id: three, after: two, file: { path: /z } }
              - { id: never, when: false, file: { path: "/{{ nothing }}" } }
            """,
        ]).graph()
        #expect(edges(graph, "a/r/three") == ["a/r/two"])
        #expect(graph["b/r/two"] == nil)
        #expect(graph.ancestors(of: "b/r/three").contains("b/r/one"))
        #expect(graph["a/r/never"] == nil)
    }

    @Test("two tasks may own one thing when only one of them is done, or both want the same")
    func owners() throws {
        let graph = try role(
            """
            vars: { new: true }
            tasks:
              - { id: one, when: new, file: { path: /x, content: a } }
              - { id: two, when: not new, file: { path: /x, content: b } }
              - { id: three, file: { path: /x, content: a } }
              - { id: four, when: facts.hostname == "h", file: { path: /x, content: c } }
            """
        ).graph()
        #expect(graph["a/r/one"] != nil && graph["a/r/three"] != nil && graph["a/r/four"] != nil)
    }

    @Test("a role that several plays name is done once; under names of its own, each time")
    func roles() throws {
        let graph = try PlaybookFolder([
            "site.yaml": """
            - { hosts: all, roles: [r] }
            - { hosts: a, roles: [r, { role: r, as: second, vars: { path: /y } }] }
            """,
            "roles/r/role.yaml": """
            role: r
            vars: { path: /x }
            tasks: [{ id: t, file: { path: "{{ path }}" } }]
            """,
        ]).graph()
        #expect(
            graph.tasks.map(\.id.rawValue) == [
                "a/observe", "a/r/t", "a/r@second/t", "b/observe", "b/r/t",
            ])
        #expect(graph["a/r@second/t"]?.title == "file /y")
    }

    @Test("batches, retries, timeouts, semaphores and privileges reach the graph")
    func attributes() throws {
        let graph = try PlaybookFolder([
            "site.yaml":
                "- { hosts: all, batch: 50%, max_failures: 1, become: false, roles: [r] }\n",
            "roles/r/role.yaml": """
            role: r
            tasks:
              - id: t
                retry: { attempts: 3, delay: 5 s }
                timeout: 2 min
                semaphore: [migrations, "apt@host"]
                file: { path: /x }
              - { id: u, become: true, file: { path: /y } }
            """,
        ]).graph()
        let task = try #require(graph["b/r/t"])
        #expect(task.retry == RetryPolicy(attempts: 3, initial: .seconds(5)))
        #expect(task.timeout == .seconds(120))
        #expect(task.semaphores == ["migrations", "apt@b"])
        #expect(task.work.resource?.privilege == .login)
        #expect(graph["b/r/u"]?.work.resource?.privilege == .root)
        #expect(Array(graph.rolling.values) == [RollingPolicy(batch: .percent(50), maxFailures: 1)])
        #expect(graph["b/observe"]?.rolling == nil)
    }
}
