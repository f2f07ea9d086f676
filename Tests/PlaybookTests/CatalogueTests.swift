import Playbook
import Schema
import TaskGraph
import Template
import Testing
import Vocabulary
import YAML

/// A code is written twice, where it is declared and in its module's catalogue, which `explain`
/// reads.
@Suite("Codes of diagnostics")
struct CatalogueTests {
    private static let catalogues: [String: [Diagnostic.Code]] = [
        "YAML": YAMLDiagnostics.catalogue, "Schema": SchemaDiagnostics.catalogue,
        "Template": TemplateDiagnostics.catalogue, "TaskGraph": TaskGraphDiagnostics.catalogue,
        "Playbook": PlaybookDiagnostics.catalogue,
    ]

    @Test(
        "each that a module declares is in its catalogue, once", arguments: catalogues.keys.sorted()
    )
    func complete(module: String) throws {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = "\(root)/Sources/\(module)/\(module)Diagnostics.swift"
        let text = try #require(PlaybookFolder.text(of: file))
        let declared = text.split(separator: "\"").filter { word in
            word.count == 6 && word.hasPrefix("FF") && word.dropFirst(2).allSatisfy(\.isNumber)
        }
        let catalogue = try #require(Self.catalogues[module])
        #expect(declared.count > 1)
        #expect(declared.map(String.init).sorted() == catalogue.map(\.id).sorted())
    }

    @Test("no two modules have the same one")
    func unique() {
        let all = Self.catalogues.values.joined().map(\.id)
        #expect(Set(all).count == all.count)
    }
}
