import Resources
import Testing
import Vocabulary

@testable import Playbook

@Suite("The reference of resources")
struct ReferenceTests {
    @Test("the example of each type can be read as a task", arguments: ResourceCatalogue.all)
    func example(of type: ResourceType) throws {
        let lines = ResourceReference.example(of: type).split(
            separator: "\n", omittingEmptySubsequences: false)
        let body = lines.map { $0.isEmpty ? "" : "    \($0)" }.joined(separator: "\n")
        let folder = try PlaybookFolder([
            "roles/r/role.yaml": "role: r\nhandlers:\n  - id: t\n\(body)\n"
        ])
        do throws(Diagnostics) {
            _ = try Project.load(root: folder.root, environment: "test")
        } catch {
            // Files that an example names are not there; all else has to be right.
            let wrong = error.all.filter { $0.code != .missingPlaybookFile }
            #expect(wrong.isEmpty, "\(wrong.map(\.message))")
        }
    }

    @Test("each type has a sentence, an example and a sentence for each key")
    func complete() {
        for type in ResourceCatalogue.all {
            #expect(type.summary.hasSuffix("."), "\(type.name)")
            #expect(!type.example.isEmpty, "\(type.name)")
            for field in type.fields {
                #expect(!field.summary.isEmpty, "\(type.name).\(field.name)")
            }
        }
    }

    @Test("on a terminal: keys with their types, lines that fit, the example below its name")
    func text() throws {
        let type = try #require(ResourceCatalogue.all.first { $0.name == "service" })
        let text = ResourceReference.text(type)
        #expect(text.hasPrefix("service: "))
        #expect(text.contains("\n  name     "))
        #expect(text.contains("required"))
        #expect(text.contains("Example:\n  service:"))
        for line in text.split(separator: "\n") where !line.contains("one of") {
            #expect(line.count <= 100, "\(line)")
        }
    }

    @Test("as Markdown: a section and a table for each type")
    func markdown() {
        let text = ResourceReference.markdown(ResourceCatalogue.all)
        for type in ResourceCatalogue.all {
            #expect(text.contains("\n## `\(type.name)`\n"))
            for field in type.fields { #expect(text.contains("| `\(field.name)` |")) }
        }
    }
}
