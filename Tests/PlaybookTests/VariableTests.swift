import Hosts
import Playbook
import TaskGraph
import Testing
import Vocabulary

@Suite("Variables")
struct VariableTests {
    /// A role whose one task shows what `v` is.
    private static let role = "tasks: [{ id: t, file: { path: \"/{{ v }}\" } }]\n"

    private func title(
        _ files: [String: String], sets: [(String, String)] = [], host: String = "a"
    ) throws -> String? {
        try PlaybookFolder(files).graph(sets: sets)[TaskID("\(host)/r/t")]?.title
    }

    @Test(
        "each place that sets a variable wins over those before it",
        arguments: ["role", "environment", "parent", "child", "host", "play", "entry", "set"]
            .indices)
    func precedence(upTo last: Int) throws {
        let order = ["role", "environment", "parent", "child", "host", "play", "entry", "set"]
        func vars(_ name: String) -> String {
            (order.firstIndex(of: name) ?? 0) <= last ? "{ v: \(name) }" : "{}"
        }
        let found = try title(
            [
                "site.yaml": """
                - { hosts: all, vars: \(vars("play")), roles: [{ role: r, vars: \(vars("entry")) }] }
                """,
                "environments/test/environment.yaml": """
                vars: \(vars("environment"))
                inventory:
                  hosts: { a: { vars: \(vars("host")) } }
                  groups:
                    z-child: { hosts: [a], vars: \(vars("child")) }
                    a-parent: { children: [z-child], vars: \(vars("parent")) }
                """,
                "roles/r/role.yaml": "role: r\nvars: \(vars("role"))\n" + Self.role,
            ], sets: last == 7 ? [("v", "set")] : [])
        #expect(found == "file /\(order[last])")
    }

    @Test("a variable may be made of others, whatever layers they are in")
    func computed() throws {
        let files = [
            "environments/test/environment.yaml": """
            vars: { v: "{{ base }}/{{ name | upper }}" }
            inventory: { hosts: { a: { vars: { name: x } }, b: { vars: { name: y } } } }
            """,
            "roles/r/role.yaml": "role: r\nvars: { base: srv }\n" + Self.role,
        ]
        #expect(try title(files) == "file /srv/X")
        #expect(try title(files, host: "b") == "file /srv/Y")
        #expect(try title(files, sets: [("base", "opt")], host: "b") == "file /opt/Y")
    }

    @Test("a variable that is an error counts only where it is used")
    func unused() throws {
        let files = [
            "roles/r/role.yaml": "role: r\nvars: { v: x, broken: \"{{ nothing }}\" }\n" + Self.role
        ]
        #expect(try title(files) == "file /x")
    }

    @Test(
        "`--set` of a name that nothing sets or uses is an error, with the nearest one",
        arguments: [
            "site", "environ", "group", "server", "default", "parameter", "field", "condition",
            "file", "elsewhere", "unnamed", "state_directory",
        ])
    func knownToSomething(name: String) throws {
        let folder = try PlaybookFolder([
            "site.yaml": "- { hosts: all, roles: [r], vars: { site: 1 } }\n",
            "environments/test/environment.yaml": """
            inventory:
              hosts: { a: { vars: { server: 1 } } }
              groups: { g: { hosts: [a], vars: { group: 1 } } }
            vars: { environ: 1 }
            """,
            "roles/r/role.yaml": """
            role: r
            parameters: { parameter: {} }
            vars: { default: 1 }
            tasks:
              - { id: t, when: condition is defined, template: { source: t, path: /x } }
              - { id: u, when: false, template: { source: sub/v, path: "/{{ field }}" } }
            """,
            "roles/r/templates/t": "{{ file | default('') }}",
            "roles/r/templates/sub/v": "{{ elsewhere }}",
            "roles/other/role.yaml": "role: other\nvars: { unnamed: 1 }\n",
        ])
        #expect(folder.complaints(sets: [(name, "/v")]) == "")
        #expect(
            folder.complaints(sets: [("state_directory", "/v"), (name + "z", "2")]) == """
                error[FF0226]: no playbook knows a variable `\(name)z`
                  --> <--set 2>:1:1
                   = did you mean `\(name)`?
                """)
    }

    @Test("what is only implied gives way to `--set`, and nothing needs to know it")
    func implied() throws {
        let folder = try PlaybookFolder(["roles/r/role.yaml": "role: r\n" + Self.role])
        func title(_ sets: [(String, String)]) throws -> String? {
            try Project.load(
                root: folder.root, environment: "test", sets: sets,
                implied: [("v", "implied"), ("w", "x")]
            ).graph()["a/r/t"]?.title
        }
        #expect(try title([]) == "file /implied")
        #expect(try title([("v", "said")]) == "file /said")
        #expect(try title([("v", "{{ 1 }}"), ("v", "last")]) == "file /last")
    }

    @Test("what finflowctl keeps on a host lies where its variables say")
    func stateDirectory() throws {
        let folder = try PlaybookFolder([
            "environments/test/environment.yaml": """
            vars: { base: /srv, state_directory: "{{ base }}/state" }
            inventory: { hosts: { a: {}, b: { vars: { base: "/home/{{ host.name }}" } } } }
            """,
            "roles/r/role.yaml": "role: r\ntasks: [{ id: t, file: { path: /x } }]\n",
        ])
        func directories(_ sets: [(String, String)] = []) throws -> Set<String> {
            try Set(
                folder.graph(sets: sets).tasks.flatMap { task in
                    [task.work.stateDirectory, task.work.resource?.files.stateDirectory]
                        .compactMap(\.self)
                })
        }
        #expect(try directories() == ["/srv/state", "/home/b/state"])
        #expect(try directories([("state_directory", "/s")]) == ["/s"])
        #expect(
            folder.complaints(sets: [("state_directory", "s")]).contains(
                "`s` is not an absolute path\n  --> <--set 1>:1:17"))
    }

    @Test("a guarded file names the guarded handlers, and how long its host waits")
    func network() throws {
        let folder = try PlaybookFolder([
            "environments/test/environment.yaml":
                "inventory: { hosts: { a: {}, b: { vars: { network_revert_seconds: 90 } } } }",
            "roles/r/role.yaml": """
            role: r
            tasks:
              - { id: t, network: true, file: { path: /x }, notify: [plain, guarded] }
            handlers:
              - { id: plain, command: { run: x, always: true } }
              - { id: guarded, network: true, service: { name: ssh, state: reloaded } }
            """,
        ])
        let graph = try folder.graph()
        let mark = try #require(graph["b/r/t"]?.work.resource?.network)
        #expect(mark.handlers == ["b/r/guarded"])
        #expect(mark.seconds == 90)
        #expect(graph["a/r/guarded"]?.work.resource?.network?.seconds == 30)
        #expect(graph["a/r/plain"]?.work.resource?.network == nil)
        let set = try folder.graph(sets: [("network_revert_seconds", "5")])
        #expect(set["b/r/t"]?.work.resource?.network?.seconds == 5)
    }

    @Test(
        "what `--set` gives is typed as YAML would, and ambiguous numbers are texts",
        arguments: [
            ("8080", "8080"), ("true", "true"), ("0644", "text"), ("", "text"), ("a: b", "text"),
            ("[1, 2]", "list"), ("'8'", "text"), ("{ a: 1 }", "map"),
        ])
    func sets(text: String, expected: String) throws {
        let project = try PlaybookFolder([
            "roles/r/role.yaml": "role: r\nvars: { v: 0 }\n"
        ]).load(sets: [("v", text)])
        let host = try #require(project.inventory["a"])
        let variable = try project.variables(of: host).first { $0.name == "v" }
        #expect(variable?.layer == "--set")
        let shown =
            switch variable?.value {
            case .string?: "text"
            case .list?: "list"
            case .map?: "map"
            case let other?: other.display
            case nil: "nothing"
            }
        #expect(shown == expected)
    }

    @Test("groups and hosts can be looked up")
    func builtins() throws {
        let files = [
            "environments/test/environment.yaml": """
            inventory:
              hosts: { a: {}, b: { address: 10.0.0.2 } }
              groups: { db: { hosts: [b] } }
            """,
            "roles/r/role.yaml": """
            role: r
            vars:
              v: "{{ host.name }}-{{ environment }}-{{ groups.db[0].address }}-{{ hosts | length }}"
            """ + "\n" + Self.role,
        ]
        #expect(try title(files) == "file /a-test-10.0.0.2-2")
    }

    @Test("each variable of a host says which place set it")
    func origins() throws {
        let project = try PlaybookFolder([
            "environments/test/environment.yaml": """
            vars: { one: 1, two: "{{ one + 1 }}" }
            inventory: { hosts: { a: { vars: { one: 5 } } } }
            """,
            "roles/r/role.yaml": "role: r\n",
        ]).load()
        let host = try #require(project.inventory["a"])
        let told = try project.variables(of: host).map {
            "\($0.name)=\($0.value.display) \($0.layer) \($0.place?.line ?? 0)"
        }
        #expect(told == ["one=5 host a 2", "two=6 environment test 1"])
    }
}
