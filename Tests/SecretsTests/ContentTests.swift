import Age
import FoundationEssentials
import Glibc
import Loop
import Schema
import Testing
import Vocabulary

@testable import Secrets

/// What is in `secrets.age`: what is written is read again, whatever a value holds.
@Suite struct ContentTests {
    static let values = [
        "plain", " spaced ", "\ttab", "123", "0644", "true", "null", "~", "a: b", "#no comment",
        "- x", "\"quoted\"", "'single'", "back\\slash", "{{ template }}", "line\nline",
        "line\nline\n", "\nfirst is empty", "two at the end\n\n", "  indented\nblock",
        "block\n  with\n\n    shapes\n", "trailing space \nin a block\n", "only spaces\n   \nhere",
        "carriage\r\nreturn", "bell\u{7}", "\u{85}next line", "\u{2028}separator", "\u{FEFF}mark",
        "ünïcode ✓ 漢字", "\u{1F511}", "a\u{0}".replacing("\u{0}", with: "\u{1}"), "%", "!tag",
        "&anchor", "*alias", "|", ">", "@", "`", "---", "...", "--- a\n... b\n", "?", "\\n",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
    ]

    private func content(_ values: [String]) -> SecretsContent {
        var content = SecretsContent.new()
        content.serial = 7
        content.recipients = [Identity().recipient]
        content.retired = ["gone": 3]
        content.credentials = values.enumerated().map { index, value in
            Credential(
                "c\(index + 100)", version: index + 1, changed: "2026-11-24T14:03:12Z",
                author: index % 2 == 0 ? "ops@laptop" : nil, mark: index % 3 == 0 ? "1a2" : nil,
                value: Sensitive(value))
        }
        return content
    }

    @Test func `every value is read as it was written`() throws {
        let written = content(Self.values)
        let text = written.text
        let read = try SecretsContent(text.map { Array($0.utf8) }, subject: "test")
        #expect(read.serial == 7)
        #expect(read.lineage == written.lineage)
        #expect(read.recipients == written.recipients)
        #expect(read.retired == ["gone": 3])
        for (credential, value) in zip(read.credentials, Self.values) {
            #expect(credential.value.withExposed { $0.utf8.elementsEqual(value.utf8) }, "\(value)")
        }
        #expect(read.credentials.map(\.reference) == written.credentials.map(\.reference))
        #expect(read.credentials.map(\.author) == written.credentials.map(\.author))
    }

    @Test func `random values are read as they were written, and so is the text to edit`() throws {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array(
            "ab \n\t\"'\\:#-{}[]|>%&*!?,`@~\r\u{85}\u{2028}é漢\u{7F}0".unicodeScalars)
        var count = 0
        for _ in 0..<60 {
            let values = (0..<40).map { _ in
                var text = ""
                for _ in 0..<Int.random(in: 1...12, using: &random) {
                    text.unicodeScalars.append(
                        alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
                }
                return text
            }
            count += values.count
            let written = content(values)
            _ = try written.checkedText()
            let edited = EditableSecrets.text(of: written, environment: "test")
            let change = try EditableSecrets.change(
                from: written, to: edited.map { Array($0.utf8) })
            #expect(change.names(changing: written) == [])
        }
        #expect(count == 2400)
    }

    @Test func `versions increase of what changes, and go on after a removal`() {
        func change(_ values: [String: String?]) -> SecretsChange {
            SecretsChange(values: values.mapValues { $0.map { Sensitive($0) } })
        }
        var content = SecretsContent.new()
        content = change(["a": "1", "b": "1"]).applied(to: content, by: "x", at: "t1")
        content = change(["a": "2", "b": "1"]).applied(to: content, by: "y", at: "t2")
        #expect(content.serial == 2)
        #expect(content.credentials.map(\.reference) == [.init("a", 2), .init("b", 1)])
        #expect(content["a"]?.author == "y" && content["b"]?.changed == "t1")
        content = change(["a": nil]).applied(to: content, by: "x", at: "t3")
        #expect(content.credentials.map(\.name) == ["b"] && content.retired == ["a": 2])
        content = change(["a": "1"]).applied(to: content, by: "x", at: "t4")
        #expect(content["a"]?.version == 3 && content.retired == [:])
    }

    @Test func `what a person broke is told by its place, without a word of its values`() {
        let cases: [(String, Int)] = [
            ("", 1), ("format: 2\n", 1), ("format: 1\nserial: x\nlineage: l\n", 1),
            ("format: 1\nserial: 1\nlineage: l\ncredentials:\n  a: hunter2\n", 1),
            ("format: 1\nserial: 1\nlineage: l\ncredentials:\n  a: { version: 0, value: 12 }\n", 3),
            ("format: 1\nserial: 0123\nvalue: \"hunter2", 1),
            ("format: 1\nserial: 1\nlineage: l\nrecipients: [hunter2]\n", 1),
            ("format: 1\nserial: 1\nlineage: *hunter2\n", 1),
        ]
        for (text, least) in cases {
            let error = #expect(throws: Diagnostics.self) {
                try SecretsContent(Sensitive(Array(text.utf8)), subject: "secrets.age")
            }
            let all = error?.all ?? []
            #expect(all.count >= least, "\(text): \(all)")
            for problem in all {
                #expect(problem.place == nil && problem.subject == "secrets.age")
                #expect(!"\(problem)".contains("hunter2"), "\(problem)")
            }
        }
    }

    @Test func `an edited text is told each error with its line, and none of its values`() {
        let text = """
            fine: "x"
            Bad-Name: hunter2
            number: 12345
            empty:
            list: [hunter2]
            nothing: ""
            """
        let error = #expect(throws: Diagnostics.self) {
            try EditableSecrets.change(from: .new(), to: Sensitive(Array(text.utf8)))
        }
        let all = (error?.all ?? []).sorted { $0.place?.line ?? 0 < $1.place?.line ?? 0 }
        #expect(all.map(\.place?.line) == [2, 3, 4, 5, 6])
        for wrong in [
            "a: \"hunter2", "a: 0123456", "a: x\na: hunter2", "a: *hunter2", "a: !hunter2 x",
        ] {
            let error = #expect(throws: Diagnostics.self) {
                try EditableSecrets.change(from: .new(), to: Sensitive(Array(wrong.utf8)))
            }
            for problem in all + (error?.all ?? []) {
                #expect(problem.place?.file == EditableSecrets.name)
                let said = "\(problem)"
                #expect(!said.contains("hunter2") && !said.contains("12345"), "\(said)")
            }
        }
    }

    @Test func `a value of one line loses its end, one of several keeps each byte`() throws {
        func read(_ text: String) throws -> String {
            try CredentialValue.read(Sensitive(Array(text.utf8)), for: "a").withExposed { $0 }
        }
        #expect(try read("x\n") == "x")
        #expect(try read("x") == "x")
        #expect(try read("x\ny\n") == "x\ny\n")
        #expect(try read("x\n\n") == "x\n\n")
        #expect(throws: Diagnostic.self) { try read("\n") }
        #expect(throws: Diagnostic.self) { try read("a\0b") }
        #expect(throws: Diagnostic.self) {
            try CredentialValue.read(Sensitive([0xFF]), for: "a")
        }
        #expect(CredentialValue.random(length: 40).withExposed(\.count) == 40)
    }
}
