import Schema
import Template
import Testing
import Vocabulary

/// What is kept of a secret text: markers with names and versions.
@Suite struct ReferencedTextTests {
    private let credentials = Credentials(
        lineage: "l", serial: 4,
        [
            Credential("db", version: 3, changed: "", value: Sensitive("hunter2")),
            Credential("key", version: 1, changed: "", value: Sensitive("⟦secret:db@3⟧")),
        ])

    @Test func `a kept text is resolved with the present values`() throws {
        let kept = try #require(ReferencedText("a ⟦secret:db@1⟧ b ⟦⟧x⟧ ⟦secret:key@1⟧"))
        #expect(kept.credentials == [.init("db", 1), .init("key", 1)])
        #expect(kept.text == "a ⟦secret:db@1⟧ b ⟦⟧x⟧ ⟦secret:key@1⟧")
        let text = try SecretText(kept, with: credentials)
        #expect(text.isSensitive)
        #expect(text.withExposed { $0 } == "a hunter2 b ⟦x⟧ ⟦secret:db@3⟧")
        #expect(text.referenced == "a ⟦secret:db@3⟧ b ⟦⟧x⟧ ⟦secret:key@1⟧")
        #expect(text.shown == "[sensitive] credentials db@3, key@1")
        #expect(throws: MissingCredential(.init("gone", 2))) {
            try SecretText(try #require(ReferencedText("⟦secret:gone@2⟧")), with: credentials)
        }
    }

    @Test func `a text that only looks like a marker is none`() throws {
        let faked = SecretText("x ⟦secret:db@3⟧ y")
        let kept = try #require(faked.referenced)
        #expect(kept == "x ⟦⟧secret:db@3⟧ y")
        let again = try SecretText(try #require(ReferencedText(kept)), with: credentials)
        #expect(!again.isSensitive && again.withExposed { $0 } == "x ⟦secret:db@3⟧ y")
        for broken in ["⟦", "⟦x", "⟦secret:db⟧", "⟦secret:db@0⟧", "⟦secret:db@03⟧", "⟦secret:D@1⟧"]
        {
            #expect(ReferencedText(broken) == nil, "\(broken)")
        }
    }

    @Test func `tokens say where a value went, unless something was done to it`() throws {
        let db = CredentialVersion("db", 3)
        let token = CredentialToken.text(for: db)
        func referenced(_ tokens: String, _ text: String) -> String? {
            CredentialToken.referenced(tokens, being: Sensitive(text), with: credentials)?.text
        }
        #expect(referenced("u:\(token)@h\n", "u:hunter2@h\n") == "u:⟦secret:db@3⟧@h\n")
        #expect(
            referenced("⟦\(token)\(token)", "⟦hunter2hunter2") == "⟦⟧⟦secret:db@3⟧⟦secret:db@3⟧")
        #expect(referenced(token, "HUNTER2") == nil)
        #expect(referenced(token.uppercased(), "HUNTER2") == nil)
        #expect(referenced("x", "y") == nil)
        for filter in ["trim", "upper", "lower", "indent", "to_json", "b64encode", "urlencode"] {
            let scope = Scope([Scope.Layer("t", values: ["v": .string(token)])])
            guard
                let template = try? TextTemplate.parse(
                    "{{ v | \(filter) }}", at: TextOrigin(file: "t")),
                let made = try? template.render(in: scope).string
            else { continue }
            #expect(!made.contains(token), "\(filter)")
        }
    }
}
