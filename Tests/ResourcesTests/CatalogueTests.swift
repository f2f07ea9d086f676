import Resources
import Schema
import Template
import Testing
import Vocabulary
import YAML

@Suite struct CatalogueTests {
    @Test(arguments: ResourceCatalogue.all.map(\.name))
    func `the example of each type is one that it reads`(name: String) throws {
        let type = try #require(ResourceCatalogue.type(named: name))
        let example = try YAMLReader().document(type.example, file: "example")
        let fields = try #require(example[name], "an example is a mapping from the type's name")
        let value = PlacedValue(fields)
        #expect(type.problems(inKnownPartsOf: value) == [])
        if !value.isUnknown { _ = try type.read(value) }
    }

    @Test(arguments: ResourceCatalogue.all.map(\.name))
    func `each type and each key of it says what it is`(name: String) throws {
        let type = try #require(ResourceCatalogue.type(named: name))
        #expect(type.summary.hasSuffix("."))
        #expect(type.details.isEmpty || type.details.hasSuffix("."))
        for field in type.fields { #expect(!field.summary.isEmpty, "\(field.name)") }
        #expect(Set(type.fields.map(\.name)).count == type.fields.count)
    }

    @Test func `codes of diagnostics are this module's, and each stands once`() {
        let codes = (FileDiagnostics.catalogue + SystemDiagnostics.catalogue).map(\.id)
        #expect(codes.allSatisfy { $0.hasPrefix("FF06") })
        #expect(Set(codes).count == codes.count)
    }
}

extension PlacedValue {
    fileprivate init(_ node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar):
            let value: Value =
                switch scalar.meaning {
                case .null: .null
                case .bool(let flag): .bool(flag)
                case .int(let number): .int(number)
                case .double(let number): .double(number)
                case .text where scalar.text.contains("{{"): .unknown("it is a template")
                case .text: .string(scalar.text)
                }
            self.init(value, at: node.place)
        case .sequence(let elements):
            self.init(.list(elements.map { PlacedValue($0) }), at: node.place)
        case .mapping(let entries):
            self.init(
                .map(
                    entries.map {
                        Entry(key: $0.key, keyPlace: $0.keyPlace, value: PlacedValue($0.value))
                    }), at: node.place)
        }
    }
}
