import Schema
import Vocabulary

extension FieldType where Output == [String] {
    /// A text, or a list of them that is not empty.
    static func oneOrMore(_ element: FieldType<String>) -> FieldType<[String]> {
        FieldType(
            "\(element.name) or list of them",
            jsonSchema: [
                "anyOf": [
                    element.jsonSchema,
                    ["type": "array", "items": element.jsonSchema, "minItems": 1],
                ]
            ]
        ) { value throws(Diagnostics) in
            guard case .list(let elements) = value.content else { return [try element.read(value)] }
            guard !elements.isEmpty else {
                throw Diagnostics([
                    Diagnostic(.invalidValue, "the list is empty", at: value.place)
                ])
            }
            return try FieldType.list(of: element).read(value)
        }
    }
}

extension FieldType where Output == String {
    /// A text that goes into a line of a configuration file.
    static var oneLine: FieldType<String> {
        text.checked { text in
            isOneLine(text) ? nil : "it has to be one line, without control characters"
        }
    }

    /// A path that goes into a line of a configuration file.
    static var pathInLine: FieldType<String> {
        absolutePath.checked { path in
            isOneLine(path) ? nil : "it has to be one line, without control characters"
        }
    }

    private static func isOneLine(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }
    }
}
