internal import Template
public import Vocabulary

/// How a field's value is read, described to people and described to editors: one declaration
/// for all three.
public struct FieldType<Output: Sendable>: Sendable {
    /// As the reference prints it: `text`, `mode, quoted ("0644")`, `list of texts`.
    public let name: String
    /// A JSON Schema (draft 2020-12) of the literal form, without the template alternative.
    public let jsonSchema: JSON
    public let read: @Sendable (PlacedValue) throws(Diagnostics) -> Output

    public init(
        _ name: String, jsonSchema: JSON,
        read: @escaping @Sendable (PlacedValue) throws(Diagnostics) -> Output
    ) {
        self.name = name
        self.jsonSchema = jsonSchema
        self.read = read
    }

    /// The same type with a further demand: `check` says what is wrong with a value, or `nil`.
    public func checked(
        _ check: @escaping @Sendable (Output) -> String?
    ) -> FieldType {
        FieldType(name, jsonSchema: jsonSchema) { value throws(Diagnostics) in
            let output = try read(value)
            if let wrong = check(output) {
                throw Diagnostics([Diagnostic(.invalidValue, wrong, at: value.place)])
            }
            return output
        }
    }

    public func map<Other: Sendable>(
        _ name: String? = nil,
        _ transform: @escaping @Sendable (Output, SourcePlace) throws(Diagnostics) -> Other
    ) -> FieldType<Other> {
        FieldType<Other>(name ?? self.name, jsonSchema: jsonSchema) { value throws(Diagnostics) in
            try transform(read(value), value.place)
        }
    }
}

extension PlacedValue {
    func mismatch(_ expected: String, hint: String? = nil) -> Diagnostics {
        if case .scalar(.sensitive) = content {
            return Diagnostics([
                Diagnostic(
                    .misplacedSecret, "a secret cannot stand here, where it would be shown",
                    at: place, help: "Secrets may stand in contents, passwords and environments.")
            ])
        }
        return Diagnostics([
            Diagnostic(
                .wrongType, "expected \(expected), found \(kindInWords)", at: place, hint: hint)
        ])
    }
}

extension FieldType where Output == String {
    /// A text; numbers and booleans are refused rather than guessed at.
    public static var text: FieldType<String> {
        FieldType("text", jsonSchema: ["type": "string"]) { value throws(Diagnostics) in
            switch value.content {
            case .scalar(.string(let text)): return text
            case .scalar(.int), .scalar(.bool), .scalar(.double):
                throw value.mismatch("a text", hint: "put it in quotes")
            default: throw value.mismatch("a text")
            }
        }
    }

    /// A text that may also be written as a bare number, as versions and ports are.
    public static var textOrNumber: FieldType<String> {
        FieldType("text or number", jsonSchema: ["type": ["string", "number"]]) {
            value throws(Diagnostics) in
            switch value.content {
            case .scalar(.string(let text)): return text
            case .scalar(.int(let number)): return String(number)
            default: throw value.mismatch("a text or a whole number")
            }
        }
    }

    /// An absolute path, without `.` and `..` and without a slash at its end.
    public static var absolutePath: FieldType<String> {
        FieldType(
            "absolute path", jsonSchema: ["type": "string", "pattern": "^/"]
        ) { value throws(Diagnostics) in
            let text = try FieldType.text.read(value)
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            guard text.hasPrefix("/"), !text.unicodeScalars.contains("\0") else {
                throw Diagnostics([
                    Diagnostic(
                        .invalidValue, "`\(text.visible)` is not an absolute path", at: value.place)
                ])
            }
            guard text == "/" || !parts.contains(where: { ["", ".", ".."].contains($0) }) else {
                throw Diagnostics([
                    Diagnostic(
                        .invalidValue, "`\(text.visible)` is not in its shortest form",
                        at: value.place, hint: "without `//`, `.`, `..` and a slash at the end")
                ])
            }
            return text
        }
    }
}

extension FieldType where Output == Int {
    public static var wholeNumber: FieldType<Int> { wholeNumber(in: Int.min...Int.max) }

    public static func wholeNumber(in range: ClosedRange<Int>) -> FieldType<Int> {
        let bounds: [(String, JSON?)] = [
            ("type", "integer"),
            ("minimum", range.lowerBound == Int.min ? nil : .int(range.lowerBound)),
            ("maximum", range.upperBound == Int.max ? nil : .int(range.upperBound)),
        ]
        return FieldType("whole number", jsonSchema: .object(compact: bounds)) {
            value throws(Diagnostics) in
            guard case .scalar(.int(let number)) = value.content else {
                throw value.mismatch("a whole number")
            }
            guard range.contains(number) else {
                throw Diagnostics([
                    Diagnostic(
                        .invalidValue,
                        "`\(number)` is not between \(range.lowerBound) and \(range.upperBound)",
                        at: value.place)
                ])
            }
            return number
        }
    }

    public static var port: FieldType<Int> { wholeNumber(in: 1...65535) }
}

extension FieldType where Output == Bool {
    public static var boolean: FieldType<Bool> {
        FieldType("true or false", jsonSchema: ["type": "boolean"]) { value throws(Diagnostics) in
            switch value.content {
            case .scalar(.bool(let flag)): return flag
            case .scalar(.string(let text)) where ["yes", "on"].contains(text.lowercased()):
                throw value.mismatch("`true` or `false`", hint: "did you mean `true`?")
            case .scalar(.string(let text)) where ["no", "off"].contains(text.lowercased()):
                throw value.mismatch("`true` or `false`", hint: "did you mean `false`?")
            default: throw value.mismatch("`true` or `false`")
            }
        }
    }
}

extension FieldType where Output == Duration {
    /// `30 s`, `5 min`, `500 ms`, `2 h`, `1 d`, or a bare number of seconds.
    public static var duration: FieldType<Duration> {
        FieldType("duration (`30 s`, `5 min`)", jsonSchema: ["type": ["string", "number"]]) {
            value throws(Diagnostics) in
            switch value.content {
            case .scalar(.int(let seconds)) where Duration.isReasonable(Double(seconds)):
                return .seconds(seconds)
            case .scalar(.double(let seconds)) where Duration.isReasonable(seconds):
                return .seconds(seconds)
            case .scalar(.string(let text)):
                if let duration = Duration(reading: text) { return duration }
                throw value.mismatch("a duration", hint: "like `30 s`, `5 min` or `2 h`")
            default: throw value.mismatch("a duration like `30 s` or `5 min`")
            }
        }
    }
}

extension Duration {
    fileprivate init?(reading text: String) {
        let units: [String: Double] = [
            "ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400,
        ]
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let unit = text[digits.endIndex...].drop { $0 == " " }
        guard let number = Double(digits), let scale = units[String(unit)],
            Self.isReasonable(number * scale)
        else { return nil }
        self = .seconds(number * scale)
    }

    /// From nothing to some thirty years: far from where a `Duration` overflows.
    fileprivate static func isReasonable(_ seconds: Double) -> Bool {
        (0...1_000_000_000).contains(seconds)
    }
}

extension FieldType where Output: RawRepresentable & CaseIterable, Output.RawValue == String {
    /// One of a few words, each the raw value of an enumeration's case.
    public static func word(_ type: Output.Type = Output.self) -> FieldType {
        let words = Output.allCases.map(\.rawValue)
        let list = words.map { "`\($0)`" }.joined(separator: ", ")
        return FieldType(
            "one of \(list)", jsonSchema: ["enum": .array(words.map(JSON.string))]
        ) { value throws(Diagnostics) in
            guard case .scalar(.string(let text)) = value.content else {
                throw value.mismatch("one of \(list)")
            }
            guard let word = Output(rawValue: text) else {
                throw Diagnostics([
                    Diagnostic(
                        .invalidValue, "`\(text.visible)` is not one of \(list)", at: value.place,
                        hint: nearestName(to: text, among: words).map { "did you mean `\($0)`?" })
                ])
            }
            return word
        }
    }
}

extension FieldType {
    public static func list<Element: Sendable>(
        of element: FieldType<Element>
    ) -> FieldType<[Element]> where Output == [Element] {
        FieldType<[Element]>(
            "list of \(element.name)",
            jsonSchema: ["type": "array", "items": element.jsonSchema]
        ) { value throws(Diagnostics) in
            guard case .list(let elements) = value.content else {
                throw value.mismatch("a list")
            }
            return try elements.mapCollecting(element.read)
        }
    }

    /// A mapping from free names to values of one type, in the order of the text.
    public static func mapping<Element: Sendable>(
        to element: FieldType<Element>
    ) -> FieldType<[(key: String, value: Element)]>
    where Output == [(key: String, value: Element)] {
        FieldType<[(key: String, value: Element)]>(
            "mapping to \(element.name)",
            jsonSchema: ["type": "object", "additionalProperties": element.jsonSchema]
        ) { value throws(Diagnostics) in
            guard case .map(let entries) = value.content else {
                throw value.mismatch("a mapping")
            }
            return try entries.mapCollecting { entry throws(Diagnostics) in
                (entry.key, try element.read(entry.value))
            }
        }
    }
}

extension FieldType where Output: SchemaModel {
    public static func nested(_ model: Output.Type = Output.self) -> FieldType {
        FieldType(
            "mapping", jsonSchema: Output.schema.jsonSchema(templated: true)
        ) { value throws(Diagnostics) in
            try Output.schema.read(value)
        }
    }
}

extension FieldType where Output == PlacedValue {
    /// Any value, as it is.
    public static var value: FieldType<PlacedValue> {
        FieldType("any value", jsonSchema: [:]) { value throws(Diagnostics) in value }
    }
}
