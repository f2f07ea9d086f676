import Schema
import TaskGraph
import Template
import Vocabulary

extension FieldType where Output == [PlacedValue.Entry] {
    /// A mapping from names of variables to any values; nothing at all is an empty one.
    static var variables: FieldType<[PlacedValue.Entry]> {
        FieldType("mapping of variables", jsonSchema: ["type": ["object", "null"]]) {
            value throws(Diagnostics) in
            switch value.content {
            case .map(let entries): return entries
            case .scalar(.null): return []
            default:
                throw Diagnostics(
                    Diagnostic(
                        .wrongType, "expected a mapping of variables, found \(value.kindInWords)",
                        at: value.place))
            }
        }
    }
}

extension FieldType where Output == String {
    /// A name that is a part of a task's id.
    static var identifier: FieldType<String> {
        let allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
        return FieldType("name", jsonSchema: ["type": "string", "pattern": "^[A-Za-z0-9_.-]+$"]) {
            value throws(Diagnostics) in
            let text = try FieldType<String>.text.read(value)
            guard !text.isEmpty, text.allSatisfy({ allowed.contains($0) }), text.first != "." else {
                throw Diagnostics(
                    Diagnostic(
                        .invalidValue, "`\(text.visible)` is not a name", at: value.place,
                        hint: "letters, digits, `-`, `_` and `.`"))
            }
            return text
        }
    }
}

extension FieldType where Output == Placed<String> {
    static var placedText: FieldType<Placed<String>> { FieldType<String>.text.placed }
    static var placedIdentifier: FieldType<Placed<String>> { FieldType<String>.identifier.placed }
}

extension FieldType {
    /// A list, or one element without its brackets.
    static func oneOrMore<Element: Sendable>(
        of element: FieldType<Element>
    ) -> FieldType<[Element]> where Output == [Element] {
        let list = FieldType<[Element]>.list(of: element)
        return FieldType<[Element]>(
            "\(element.name) or list of them",
            jsonSchema: ["anyOf": [element.jsonSchema, list.jsonSchema]]
        ) { value throws(Diagnostics) in
            if case .list = value.content { return try list.read(value) }
            return [try element.read(value)]
        }
    }
}

extension FieldType where Output == BatchSize {
    /// `1` or `25%`.
    static var batchSize: FieldType<BatchSize> {
        FieldType<String>.textOrNumber.map("number of hosts or share (`25%`)") {
            text, place throws(Diagnostics) in
            guard let size = BatchSize(text) else {
                throw Diagnostics(
                    Diagnostic(
                        .invalidValue, "`\(text.visible)` is no size of a batch", at: place,
                        hint: "a number of hosts, or a share like `25%`"))
            }
            return size
        }
    }
}
