import Schema
import Vocabulary

extension FieldType {
    /// A mapping from names to models that take their name in. A name is part of keys of the
    /// repository, of metrics and of command lines.
    ///
    /// - Parameter naming: gives a model its name.
    static func named<Model: Sendable>(
        _ model: FieldType<Model>, _ naming: @escaping @Sendable (String, inout Model) -> Void
    ) -> FieldType<[Model]> where Output == [Model] {
        FieldType<[Model]>(
            "mapping to \(model.name)",
            jsonSchema: ["type": "object", "additionalProperties": model.jsonSchema]
        ) { value throws(Diagnostics) in
            if case .scalar(.null) = value.content { return [] }
            guard case .map(let entries) = value.content else {
                throw Diagnostics([
                    Diagnostic(
                        .wrongType, "expected a mapping, found \(value.kindInWords)",
                        at: value.place)
                ])
            }
            return try entries.mapCollecting { entry throws(Diagnostics) in
                guard isName(entry.key) else {
                    throw Diagnostics([
                        Diagnostic(
                            .invalidValue, "`\(entry.key.visible)` cannot be a name here",
                            at: entry.keyPlace,
                            hint: "lowercase letters, digits, `-` and `_`, up to 60")
                    ])
                }
                var value = try model.read(entry.value)
                naming(entry.key, &value)
                return value
            }
        }
    }
}

private func isName(_ text: String) -> Bool {
    (1...60).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
}
