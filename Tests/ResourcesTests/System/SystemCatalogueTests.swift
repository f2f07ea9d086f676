import Schema
import Template
import Testing
import Vocabulary
import YAML

@testable import Resources

@Suite("catalogue") struct SystemCatalogueTests {
    @Test func everyNameIsThereOnce() {
        let names = ResourceCatalogue.all.map(\.name)
        #expect(names == Set(names).sorted())
        for name in names {
            #expect(ResourceCatalogue.type(named: name)?.name == name)
        }
    }

    @Test func everythingThatTheIssueAsksForIsThere() {
        let asked: Set<String> = [
            "file", "directory", "template", "symlink", "line", "block", "package",
            "apt_repository", "user", "group", "authorized_key", "service", "systemd_unit",
            "sysctl", "kernel_module", "mount", "hostname", "timezone", "cron", "timer",
            "firewall", "download", "archive", "command", "wait_for", "assert",
        ]
        #expect(asked.subtracting(ResourceCatalogue.all.map(\.name)) == [])
    }

    @Test(arguments: ResourceCatalogue.all.map(\.name))
    func everyTypeIsDocumented(_ name: String) throws {
        let type = try #require(ResourceCatalogue.type(named: name))
        #expect(type.summary.hasSuffix("."))
        #expect(!type.fields.isEmpty)
        for field in type.fields {
            #expect(field.summary.hasSuffix("."), "\(field.name)")
        }
    }

    @Test(arguments: ResourceCatalogue.all.map(\.name))
    func everyExampleCanBeRead(_ name: String) throws {
        let type = try #require(ResourceCatalogue.type(named: name))
        let document = try YAMLReader().document(type.example, file: "\(name).yaml")
        let entries = try #require(document.mapping)
        #expect(entries.map(\.key) == [name])
        let value = PlacedValue(try #require(entries.first).value)
        #expect(type.problems(inKeysOf: value).map(\.message) == [])
        // What a template becomes is known only with the facts of a host.
        if !type.example.contains("{{") {
            #expect(throws: Never.self) { try type.read(value) }
        }
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
                case .text: .string(scalar.text)
                }
            self.init(.scalar(value), at: node.place)
        case .sequence(let elements):
            self.init(.list(elements.map { PlacedValue($0) }), at: node.place)
        case .mapping(let entries):
            self.init(
                .map(
                    entries.map { entry in
                        Entry(
                            key: entry.key, keyPlace: entry.keyPlace,
                            value: PlacedValue(entry.value))
                    }), at: node.place)
        }
    }
}
