internal import Schema
internal import Template
internal import Vocabulary

extension FieldType where Output == Placed<String> {
    static var placedText: FieldType<Placed<String>> {
        FieldType<String>.text.map { Placed(value: $0, place: $1) }
    }
}

extension FieldType {
    /// A mapping from names to models; an entry without a value has all defaults.
    static func named<Model: SchemaModel>(
        _ model: Model.Type
    ) -> FieldType<[Named<Model>]> where Output == [Named<Model>] {
        FieldType(
            "mapping from names to \(Model.schema.name)s",
            jsonSchema: [
                "type": "object",
                "additionalProperties": [
                    "anyOf": [["type": "null"], Model.schema.jsonSchema(templated: false)]
                ],
            ]
        ) { value throws(Diagnostics) in
            var wrong = Diagnostics()
            var result: [Named<Model>] = []
            for entry in try value.entries() {
                if case .scalar(.null) = entry.value.content {
                    result.append(
                        Named(name: entry.key, namePlace: entry.keyPlace, value: Model()))
                    continue
                }
                let read = wrong.collect { () throws(Diagnostics) in
                    try Model.schema.read(entry.value)
                }
                if let read {
                    result.append(Named(name: entry.key, namePlace: entry.keyPlace, value: read))
                }
            }
            try wrong.throwIfErrors()
            return result
        }
    }
}

extension FieldType where Output == [PlacedValue.Entry] {
    /// A mapping from names of variables to whatever their values are.
    static var variables: FieldType<[PlacedValue.Entry]> {
        FieldType("mapping of variables", jsonSchema: ["type": "object"]) {
            value throws(Diagnostics) in
            let entries = try value.entries()
            let wrong = entries.filter { !$0.key.isVariableName }.map { entry in
                Diagnostic(
                    .badHostName, "a variable cannot be named `\(entry.key.visible)`",
                    at: entry.keyPlace, hint: "letters, digits and `_`")
            }
            try Diagnostics(wrong).throwIfErrors()
            return entries
        }
    }
}

extension PlacedValue {
    fileprivate func entries() throws(Diagnostics) -> [Entry] {
        switch content {
        case .map(let entries): return entries
        case .scalar(.null): return []
        default:
            throw Diagnostics([
                Diagnostic(.wrongType, "expected a mapping, found \(kindInWords)", at: place)
            ])
        }
    }
}

extension String {
    fileprivate var isVariableName: Bool {
        guard let first = unicodeScalars.first,
            first == "_" || first.isASCII && first.properties.isAlphabetic
        else {
            return false
        }
        return unicodeScalars.allSatisfy { scalar in
            scalar == "_"
                || scalar.isASCII
                    && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
        }
    }
}
