import Schema
import Template
import Vocabulary

/// A unit file as sections of settings, for those who would rather write YAML.
public struct UnitSections: Sendable {
    public struct Section: Sendable {
        public var name: String
        public var settings: [(name: String, values: [String])]
    }

    public var sections: [Section]

    /// As systemd.syntax(7) has it; a list is the setting repeated.
    var text: String {
        sections.map { section in
            let lines = section.settings.flatMap { setting in
                setting.values.map { "\(setting.name)=\($0)\n" }
            }
            return "[\(section.name)]\n" + lines.joined()
        }.joined(separator: "\n")
    }

    static let field = FieldType.mapping(to: .mapping(to: values)).map("sections of settings") {
        sections, place throws(Diagnostics) in
        for section in sections {
            for name in [section.key] + section.value.map(\.key) where !isWord(name) {
                throw Diagnostics([
                    Diagnostic(
                        .invalidValue, "`\(name.visible)` is not a section or setting of systemd",
                        at: place)
                ])
            }
        }
        return UnitSections(
            sections: sections.map { section in
                Section(name: section.key, settings: section.value.map { ($0.key, $0.value) })
            })
    }

    /// Unit files are lines: a value with a line end would be another setting.
    private static let values = FieldType<[String]>(
        "text, number, boolean or list",
        jsonSchema: ["type": ["string", "number", "boolean", "array"]]
    ) { value throws(Diagnostics) in
        if case .list(let elements) = value.content {
            var result: [String] = []
            for element in elements { result.append(try single(element)) }
            return result
        }
        return [try single(value)]
    }

    private static func single(_ value: PlacedValue) throws(Diagnostics) -> String {
        if case .scalar(.bool(let flag)) = value.content { return flag ? "true" : "false" }
        let text = try FieldType.textOrNumber.read(value)
        guard !text.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" || $0 == "\0" })
        else {
            throw Diagnostics([
                Diagnostic(.invalidValue, "a setting of systemd is one line", at: value.place)
            ])
        }
        return text
    }

    private static func isWord(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
