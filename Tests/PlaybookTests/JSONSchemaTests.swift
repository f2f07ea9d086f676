import Playbook
import Resources
import Testing
import Vocabulary

@Suite(
    "JSON Schemas for editors",
    .enabled("python3 has no module jsonschema") { await JSONSchemaValidator.isInstalled() })
struct JSONSchemaTests {
    private static func schema(_ kind: String) -> JSON {
        switch kind {
        case "site": PlaybookSchema.site
        case "environment": PlaybookSchema.environment
        default: PlaybookSchema.role
        }
    }

    private static let good: [(kind: String, text: String)] = [
        ("site", "- { hosts: all, roles: [r, { role: s, as: t, vars: { a: 1 }, when: x }] }"),
        ("site", "- { hosts: a, batch: 25%, max_failures: 1, become: false, tags: t, roles: [] }"),
        ("environment", "inventory: { hosts: { a: {}, b: { port: 22 } }, groups: { g: } }"),
        ("environment", "platform: process\nvars: { x: [1] }\ndatabases: { pay: { any: thing } }"),
        ("role", "role: r"),
        (
            "role",
            """
            role: r
            parameters: { p: { required: true, description: d } }
            after: [s]
            tasks:
              - id: t
                when: true
                for_each: "{{ list }}"
                notify: h
                retry: { attempts: 2 }
                outputs: { o: stdout }
                file: { path: "{{ item }}", mode: "{{ mode }}" }
              - { id: u, package: { name: ["{{ a }}", b] } }
            handlers:
              - { id: h, service: { name: x, state: restarted } }
            """
        ),
    ]

    private static let bad: [(kind: String, text: String)] = [
        ("site", "hosts: all"),
        ("site", "- { hosts: all }"),
        ("site", "- { hosts: all, roles: [r], batsch: 1 }"),
        ("site", "- { hosts: all, roles: [{ vars: {} }] }"),
        ("environment", "platform: cloud"),
        ("environment", "databasis: {}"),
        ("environment", "inventory: { hosts: { a: { port: ssh } } }"),
        ("role", "tasks: []"),
        ("role", "{ role: r, tasks: [{ id: t }] }"),
        ("role", "{ role: r, tasks: [{ file: { path: /x } }] }"),
        ("role", "{ role: r, tasks: [{ id: t, file: { path: /x }, user: { name: x } }] }"),
        ("role", "{ role: r, tasks: [{ id: t, file: { path: /x, mod: x } }] }"),
        ("role", "{ role: r, tasks: [{ id: t, file: { mode: '0644' } }] }"),
        ("role", "{ role: r, tasks: [{ id: t, file: { path: x } }] }"),
        ("role", "{ role: r, tasks: [{ id: t, when: [a], file: { path: /x } }] }"),
        ("role", "{ role: r, handlers: [{ id: t, fiel: { path: /x } }] }"),
    ]

    @Test("what is right is allowed", arguments: ["site", "environment", "role"])
    func allowed(kind: String) async throws {
        let documents = Self.good.filter { $0.kind == kind }
        let complaints = try await JSONSchemaValidator.complaints(
            about: documents.map { try JSON(yaml: $0.text) }, by: Self.schema(kind))
        #expect(complaints == documents.map { _ in "" })
    }

    @Test("what is wrong is refused", arguments: ["site", "environment", "role"])
    func refused(kind: String) async throws {
        let documents = Self.bad.filter { $0.kind == kind }
        let complaints = try await JSONSchemaValidator.complaints(
            about: documents.map { try JSON(yaml: $0.text) }, by: Self.schema(kind))
        #expect(complaints.count == documents.count)
        for (document, complaint) in zip(documents, complaints) {
            #expect(!complaint.isEmpty, "\(document.text)")
        }
    }

    @Test("the example of each type of resource is allowed")
    func examples() async throws {
        let tasks = try ResourceCatalogue.all.map { type in
            let example = try JSON(yaml: ResourceReference.example(of: type))
            guard case .object(let members) = example else { return example }
            return JSON.object([JSON.Member("id", "t")] + members)
        }
        let documents = tasks.map { ["role": "r", "handlers": [$0]] as JSON }
        let complaints = try await JSONSchemaValidator.complaints(
            about: documents, by: PlaybookSchema.role)
        for (type, complaint) in zip(ResourceCatalogue.all, complaints) {
            #expect(complaint.isEmpty, "\(type.name): \(complaint)")
        }
    }
}
