import Hosts
import Playbook
import Resources
import TaskGraph
import Template
import Testing
import Vocabulary

@Suite("What is known only later")
struct LateTests {
    private func task(_ id: TaskID, in folder: PlaybookFolder) throws -> ResourceTask {
        try #require(try folder.graph()[id]?.work.resource)
    }

    private static let facts: Value = ["hostname": "h1", "os": ["id": "debian"]]

    private func isDeferred(_ task: ResourceTask) -> Bool {
        if case .deferred = task.resource { true } else { false }
    }

    @Test("a field with a fact is read once the host was observed")
    func field() throws {
        let task = try task(
            "a/r/t",
            in: PlaybookFolder([
                "roles/r/role.yaml": """
                role: r
                vars: { name: "{{ facts.hostname }}.conf" }
                tasks: [{ id: t, file: { path: "/etc/{{ name }}" } }]
                """
            ]))
        #expect(isDeferred(task))
        let resolved = try task.resolved(facts: Self.facts, outputs: [:])
        #expect(resolved?.resource.thing == .path("/etc/h1.conf"))
    }

    @Test("a template of the role with a fact in it is filled in later; its path is known before")
    func template() throws {
        let folder = try PlaybookFolder([
            "roles/r/role.yaml": """
            role: r
            tasks:
              - { id: t, template: { source: x, path: /etc/dir/x } }
              - { id: d, directory: { path: /etc/dir } }
            """,
            "roles/r/templates/x": "on {{ facts.hostname }}\n",
        ])
        let task = try task("a/r/t", in: folder)
        #expect(isDeferred(task))
        #expect(try folder.graph().dependencies(of: "a/r/t").contains("a/r/d"))
        let resolved = try #require(try task.resolved(facts: Self.facts, outputs: [:]))
        let place = SourcePlace(file: "t", line: 1, column: 1)
        let text = try resolved.files.renderedTemplate("x", at: place)
        #expect(text.shown == "on h1\n")
    }

    @Test("a condition on a fact is decided later", arguments: [("debian", true), ("x", false)])
    func condition(wanted: String, isDone: Bool) throws {
        let task = try task(
            "a/r/t",
            in: PlaybookFolder([
                "roles/r/role.yaml": """
                role: r
                tasks: [{ id: t, when: facts.os.id == "\(wanted)", file: { path: /x } }]
                """
            ]))
        #expect((try task.resolved(facts: Self.facts, outputs: [:]) != nil) == isDone)
    }

    @Test("an output of a task is used by those after it, on the same host and on others")
    func outputs() throws {
        let folder = try PlaybookFolder([
            "site.yaml": "- { hosts: a, roles: [r] }\n- { hosts: b, roles: [s] }\n",
            "roles/r/role.yaml": """
            role: r
            tasks:
              - id: make-token
                outputs: { token: stdout | trim }
                command: { run: make, always: true }
              - { id: t, file: { path: "/{{ tasks.make_token.token }}" } }
            """,
            "roles/s/role.yaml": """
            role: s
            tasks:
              - id: join
                after: ["a:r/make-token"]
                file: { path: "/{{ tasks['make-token'].token }}" }
            """,
        ])
        let graph = try folder.graph()
        #expect(graph.dependencies(of: "a/r/t").contains("a/r/make-token"))
        let outputs: [TaskID: [String: Value]] = ["a/r/make-token": ["stdout": "abc\n"]]
        for id in ["a/r/t", "b/s/join"] as [TaskID] {
            let task = try #require(graph[id]?.work.resource)
            let resolved = try task.resolved(facts: Self.facts, outputs: outputs)
            #expect(resolved?.resource.thing == .path("/abc"))
        }
        #expect(graph["a/r/make-token"]?.work.resource?.outputNames == ["stdout"])
    }

    /// What is told of a task that uses the output of a command, given what that put out.
    private func told(
        _ use: String, declared: String = "stdout", after outputs: [String: Value]?
    ) throws -> String? {
        let folder = try PlaybookFolder([
            "roles/r/role.yaml": """
            role: r
            tasks:
              - id: make-token
                outputs: { token: '\(declared)', ran: ran }
                command: { run: x, creates: /x }
              - { id: t, file: { path: "/{{ \(use) }}" } }
            """
        ])
        let task = try task("a/r/t", in: folder)
        let given = outputs.map { ["a/r/make-token": $0] as [TaskID: [String: Value]] } ?? [:]
        do throws(Diagnostics) {
            return try task.resolved(facts: Self.facts, outputs: given)?.resource.thing?.title
        } catch {
            return error.all.map { "\($0.code): \($0.message)" }.joined(separator: "\n")
        }
    }

    @Test("a command that had nothing to do gives no text, and what wants one is told why")
    func nothingToDo() throws {
        let idle: [String: Value] = ["ran": false]
        let why = "`a/r/make-token` had nothing to do, and gave no `stdout`"
        #expect(
            try told("tasks.make_token.token", after: idle)
                == "FF0303: `tasks.make_token` has no `token`: \(why)")
        #expect(
            try told("tasks['make-token']['token']", after: idle)
                == "FF0303: `tasks['make-token']` has no `token`: \(why)")
        #expect(
            try told("tasks.make_token.token", after: nil)
                == "FF0303: `tasks` has no `make_token`: `a/r/make-token` was not to be done")
        #expect(try told("tasks.make_token.ran", after: idle) == "/false")
    }

    @Test("a value can be said for that case, where an output is declared and where it is used")
    func nothingToDoWithAValue() throws {
        let idle: [String: Value] = ["ran": false]
        let declared = "stdout | default(\"none\")"
        #expect(try told("tasks.make_token.token", declared: declared, after: idle) == "/none")
        #expect(try told("tasks.make_token.token | default('none')", after: idle) == "/none")
        #expect(
            try told("'old' if tasks.make_token.token is not defined else 1", after: idle)
                == "/old")
        #expect(
            try told("1 if tasks.make_token.token is defined else 'no'", after: ["stdout": "x"])
                == "/1")
        let ran: [String: Value] = ["ran": true, "stdout": "abc"]
        #expect(try told("tasks.make_token.token", declared: declared, after: ran) == "/abc")
    }

    @Test("an output that the task did not give, or not yet, is told as what it is")
    func missingOutput() throws {
        let task = try task(
            "a/r/t",
            in: PlaybookFolder([
                "roles/r/role.yaml": """
                role: r
                tasks:
                  - { id: c, outputs: { o: stdout }, command: { run: x, always: true } }
                  - { id: t, file: { path: "/{{ tasks.c.o }}" } }
                """
            ]))
        func code(_ outputs: [String: Value]) -> String? {
            do throws(Diagnostics) {
                _ = try task.resolved(facts: Self.facts, outputs: ["a/r/c": outputs])
                return nil
            } catch {
                return error.all.first?.code.id
            }
        }
        #expect(code([:]) == "FF0303")
        #expect(code(["stdout": .unknown("it would run first")]) == "FF0218")
        #expect(code(["stdout": "x"]) == nil)
    }

    @Test("a wrong type is told before a host is asked, whatever else comes later")
    func knownParts() throws {
        let folder = try PlaybookFolder([
            "roles/r/role.yaml": """
            role: r
            tasks: [{ id: t, file: { path: "/{{ facts.hostname }}", mode: 7 } }]
            """
        ])
        #expect(folder.complaints().contains("a mode is a quoted text"))
    }
}

extension HostThing {
    /// Of a path.
    fileprivate var title: String? { if case .path(let path) = self { path } else { nil } }
}
