import Resources
import Schema
import Template
import Testing
import Vocabulary

@testable import Playbook

/// `{{ secrets.NAME }}` in playbooks.
@Suite struct CredentialTests {
    private static let credentials = Credentials(
        lineage: "l", serial: 5,
        [
            Credential("db", version: 3, changed: "", value: Sensitive("hunter2")),
            Credential("api", version: 1, changed: "", value: Sensitive("k⟦y")),
        ])

    private static let environment = """
        inventory: { hosts: { a: {} } }
        vars:
          url: "postgres://x:{{ secrets.db }}@h"
          unused: "{{ secrets.api }}"
          logins: { one: "{{ secrets.db }}", two: plain, three: "⟦{{ secrets.api }}" }
          list: ["{{ url }}", "{{ secrets.api | upper }}"]
        """

    private func folder(_ tasks: String, secretsFile: Bool = true) throws -> PlaybookFolder {
        var files = [
            "environments/test/environment.yaml": Self.environment,
            "roles/r/role.yaml": "role: r\ntasks:\n\(tasks)",
            "roles/r/templates/t.conf": "url={{ url }}\n",
        ]
        if secretsFile { files["environments/test/secrets.age"] = "sealed" }
        return try PlaybookFolder(files)
    }

    private func load(_ folder: PlaybookFolder, _ credentials: Credentials? = Self.credentials)
        throws(Diagnostics) -> Project
    {
        try Project.load(
            root: folder.root, environment: "test", credentials: credentials,
            catalogue: PlaybookFolder.catalogue)
    }

    /// What the input of a command is, by task.
    private func inputs(_ texts: [String]) throws -> [SecretText] {
        let tasks = texts.enumerated().map { index, text in
            "  - { id: t\(index), command: { run: cat, always: true, stdin: '\(text)' } }\n"
        }
        let project = try load(try folder(tasks.joined()))
        return try project.tasks.compactMap { task in
            guard let resource = task.work.resource?.known?.resource else { return nil }
            return try #require((resource as? CommandResource)?.input)
        }
    }

    @Test func `a credential is a secret, and known by name and version wherever it goes`() throws {
        let texts = try inputs([
            "{{ secrets.db }}", "a {{ url }} b", "{{ logins.three }}", "{{ logins.two }}",
            "{{ secrets.db | b64encode }}", "{{ list[1] }}", "{{ secrets[\"d\" ~ \"b\"] }}",
            "⟦secret:db@3⟧ {{ secrets.db }}", "{{ list[0] | trim }}",
        ])
        #expect(
            texts.map(\.referenced) == [
                "⟦secret:db@3⟧", "a postgres://x:⟦secret:db@3⟧@h b", "⟦⟧⟦secret:api@1⟧", "plain",
                nil, nil, "⟦secret:db@3⟧", "⟦⟧secret:db@3⟧ ⟦secret:db@3⟧",
                "postgres://x:⟦secret:db@3⟧@h",
            ])
        #expect(
            texts.map(\.isSensitive) == [true, true, true, false, true, true, true, true, true])
        #expect(texts[1].withExposed { $0 } == "a postgres://x:hunter2@h b")
        #expect(texts[2].withExposed { $0 } == "⟦k⟦y")
        #expect(texts[1].shown == "[sensitive] credential db@3")
        #expect(texts[4].credentials == [.init("db", 3)])
        for text in texts where text.isSensitive {
            guard let kept = text.referenced.flatMap({ ReferencedText($0) }) else { continue }
            let again = try SecretText(kept, with: Self.credentials)
            #expect(again.withExposed { $0 } == text.withExposed { $0 })
        }
    }

    @Test func `items and templates know theirs too, and each task those that it brings`() throws {
        let tasks = """
              - { id: each, for_each: "{{ logins }}", command: { run: cat, always: true, stdin: "<{{ item }}>" } }
              - { id: file, template: { source: t.conf, path: /t } }
              - { id: open, template: { source: t.conf, path: "/{{ facts.hostname }}" } }
              - { id: none, file: { path: /n, content: x } }
              - { id: cond, when: secrets.db == "hunter2", file: { path: /c, content: x } }
              - { id: off, when: secrets.db == "other", file: { path: /o, content: x } }
            """
        let project = try load(try folder(tasks))
        var found: [String: [CredentialVersion]] = [:]
        var inputs: [String: String] = [:]
        for task in project.tasks {
            guard let resource = task.work.resource else { continue }
            found[resource.id] = resource.credentials
            if let command = resource.known?.resource as? CommandResource {
                inputs[resource.id] = command.input?.referenced
            }
        }
        let db = CredentialVersion("db", 3)
        let api = CredentialVersion("api", 1)
        #expect(inputs["each[one]"] == "<⟦secret:db@3⟧>")
        #expect(inputs["each[two]"] == "<plain>")
        #expect(inputs["each[three]"] == "<⟦⟧⟦secret:api@1⟧>")
        #expect(found["file"] == [db] && found["open"] == [db] && found["none"] == [])
        #expect(found["each[one]"] == [db] && found["each[three]"] == [api])
        #expect(found["cond"] == [])
        #expect(
            project.tasks.first { $0.id.rawValue.hasSuffix("/off") }?.work.resource?.isOff == true)
    }

    @Test func `what is shown is refused as a secret, and the name belongs to finflowctl`() throws {
        let shown = #expect(throws: Diagnostics.self) {
            try load(
                try folder("  - { id: f, file: { path: \"/{{ secrets.db }}\", content: x } }\n"))
        }
        #expect(shown?.all.map(\.code) == [.misplacedSecret])
        #expect("\(shown?.all ?? [])".contains("hunter2") == false)
        let taken = #expect(throws: Diagnostics.self) {
            try PlaybookFolder(["roles/r/role.yaml": "role: r\nvars: { secrets: {} }\ntasks: []\n"])
                .load()
        }
        #expect(taken?.all.map(\.code) == [.badVariableName])
    }

    @Test func `without the values tasks are open, and only what is needed asks for them`() throws {
        func draft(_ tasks: String, secretsFile: Bool = true) throws -> Project.Draft {
            let folder = try folder(tasks, secretsFile: secretsFile)
            let draft = Project.draft(
                root: folder.root, environment: "test", catalogue: PlaybookFolder.catalogue)
            // The folder is gone after this, the draft is not.
            if secretsFile {
                #expect(throws: Never.self) { try draft.project(with: nil) }
            }
            return draft
        }
        let plain = "  - { id: f, file: { path: /f, content: x } }\n"
        #expect(try draft(plain).secretUses == [])
        let field = try draft("  - { id: f, file: { path: /f, content: \"{{ url }}\" } }\n")
        #expect(field.secretUses.map(\.name) == ["db"] && field.secretsFile != nil)
        let template = try draft("  - { id: f, template: { path: /f, source: t.conf } }\n")
        #expect(template.secretUses.map(\.name) == ["db"])
        let condition = try draft(
            "  - { id: f, when: secrets.x is defined, file: { path: /f, content: x } }\n")
        #expect(condition.secretUses.map(\.name) == ["x"])
        let missing = try draft(
            "  - { id: f, file: { path: /f, content: \"{{ secrets.x }}\" } }\n", secretsFile: false)
        let problems = #expect(throws: Diagnostics.self) { try missing.project(with: nil) }
        #expect(problems?.all.first?.code == .undefinedVariable)
        #expect(problems?.all.first?.message.contains("has no secrets.age") == true)
    }
}
