public import Vocabulary

/// A type that is read from a mapping in a file that operators write.
public protocol SchemaModel: Sendable {
    /// All fields at their defaults; required ones at a placeholder that is always replaced.
    init()
    static var schema: Schema<Self> { get }
}

/// The fields of a mapping, declared once: they read it, document it and describe it to editors.
public struct Schema<Model: SchemaModel>: Sendable {
    public let name: String
    /// One sentence: what it is.
    public let summary: String
    /// Paragraphs for `finflowctl doc`.
    public let details: String
    public let fields: [Field<Model>]
    /// A YAML example; a test reads each of them.
    public let example: String
    private let names: [String]
    private let check: @Sendable (Model, SourcePlace) -> [Diagnostic]

    /// - Parameter check: what is wrong across fields ("`content` and `source` exclude each
    ///   other"), given the model and the place of the mapping.
    public init(
        _ name: String, summary: String, details: String = "", fields: [Field<Model>],
        example: String = "",
        check: @escaping @Sendable (Model, SourcePlace) -> [Diagnostic] = { _, _ in [] }
    ) {
        self.name = name
        self.summary = summary
        self.details = details
        self.fields = fields
        names = fields.map(\.name)
        self.example = example
        self.check = check
    }

    /// Reads a mapping; all that is wrong with it is thrown at once.
    public func read(_ value: PlacedValue) throws(Diagnostics) -> Model {
        guard case .map(let entries) = value.content else {
            throw value.mismatch("a mapping (\(name))")
        }
        var wrong = Diagnostics(keyProblems(of: value, entries))
        var model = Model()
        for field in fields {
            guard let part = value[field.name] else { continue }
            _ = wrong.collect { () throws(Diagnostics) in try field.set(&model, part) }
        }
        try wrong.throwIfErrors()
        wrong.add(Diagnostics(check(model, value.place)))
        try wrong.throwIfErrors()
        return model
    }

    /// What is wrong with the keys alone: all that can be said while values are templates.
    public func problems(inKeysOf value: PlacedValue) -> [Diagnostic] {
        guard case .map(let entries) = value.content else {
            return value.mismatch("a mapping (\(name))").all
        }
        return keyProblems(of: value, entries)
    }

    /// What is wrong with the keys and with those values that are known: all that can be said
    /// while others come later.
    public func problems(inKnownPartsOf value: PlacedValue) -> [Diagnostic] {
        guard case .map(let entries) = value.content else { return problems(inKeysOf: value) }
        var wrong = Diagnostics(problems(inKeysOf: value))
        var model = Model()
        for entry in entries where !entry.value.isUnknown {
            guard let field = fields.first(where: { $0.name == entry.key }) else { continue }
            _ = wrong.collect { () throws(Diagnostics) in try field.set(&model, entry.value) }
        }
        return wrong.all
    }

    /// Unknown keys, and missing ones but for those that an unknown one was meant to be.
    private func keyProblems(
        of value: PlacedValue, _ entries: [PlacedValue.Entry]
    ) -> [Diagnostic] {
        var problems: [Diagnostic] = []
        var meant: Set<String> = []
        for entry in entries where !names.contains(entry.key) {
            let near = nearestName(to: entry.key, among: names)
            if let near { meant.insert(near) }
            problems.append(
                Diagnostic(
                    .unknownKey, "unknown key `\(entry.key.visible)` in \(name.withArticle)",
                    at: entry.keyPlace, hint: near.map { "did you mean `\($0)`?" },
                    help: "It takes \(names.map { "`\($0)`" }.joined(separator: ", "))."))
        }
        for field in fields
        where field.isRequired && value[field.name] == nil && !meant.contains(field.name) {
            problems.append(missing(field, in: value))
        }
        return problems
    }

    private func missing(_ field: Field<Model>, in value: PlacedValue) -> Diagnostic {
        Diagnostic(
            .missingKey, "\(name.withArticle) needs `\(field.name)`", at: value.place,
            help: field.summary)
    }

    /// - Parameter templated: whether each value may also be a template, a text with `{{ }}`.
    public func jsonSchema(templated: Bool) -> JSON {
        let properties = fields.map { field in
            JSON.Member(field.name, field.jsonSchema(templated: templated))
        }
        return .object(compact: [
            ("type", "object"),
            ("description", .string(summary)),
            ("properties", .object(properties)),
            (
                "required",
                .array(fields.filter(\.isRequired).map { .string($0.name) })
            ),
            ("additionalProperties", false),
        ])
    }
}

extension String {
    fileprivate var withArticle: String {
        guard let first = first else { return self }
        return "aeiou".contains(first) ? "an \(self)" : "a \(self)"
    }
}

/// One key of a mapping: its name, its type, where it goes in the model, and what it means.
public struct Field<Model: Sendable>: Sendable {
    public let name: String
    public let typeName: String
    /// A sentence for the reference.
    public let summary: String
    public let isRequired: Bool
    /// As YAML would write it, where there is one.
    public let defaultText: String?

    public var description: FieldDescription {
        FieldDescription(
            name: name, typeName: typeName, summary: summary, isRequired: isRequired,
            defaultText: defaultText)
    }

    let set: @Sendable (inout Model, PlacedValue) throws(Diagnostics) -> Void
    private let literalSchema: JSON

    public static func required<Output: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Model, Output> & Sendable,
        _ type: FieldType<Output>, _ summary: String
    ) -> Field {
        Field(
            name: name, typeName: type.name, summary: summary, isRequired: true, defaultText: nil,
            set: { model, value throws(Diagnostics) in model[keyPath: path] = try type.read(value)
            },
            literalSchema: type.jsonSchema)
    }

    /// A key that may be left out; the model's own initial value then stands.
    public static func optional<Output: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Model, Output> & Sendable,
        _ type: FieldType<Output>, default text: String, _ summary: String
    ) -> Field {
        Field(
            name: name, typeName: type.name, summary: summary, isRequired: false, defaultText: text,
            set: { model, value throws(Diagnostics) in model[keyPath: path] = try type.read(value)
            },
            literalSchema: type.jsonSchema)
    }

    /// A key that may be left out, with no value then.
    public static func optional<Output: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Model, Output?> & Sendable,
        _ type: FieldType<Output>, _ summary: String
    ) -> Field {
        Field(
            name: name, typeName: type.name, summary: summary, isRequired: false, defaultText: nil,
            set: { model, value throws(Diagnostics) in model[keyPath: path] = try type.read(value)
            },
            literalSchema: type.jsonSchema)
    }

    func jsonSchema(templated: Bool) -> JSON {
        let schema: JSON =
            templated
            ? ["anyOf": [literalSchema.withTemplatesInside, JSON.templateSchema]] : literalSchema
        guard case .object(let members) = schema else { return schema }
        return .object([JSON.Member("description", .string(summary))] + members)
    }
}

/// A field as a reference tells it.
public struct FieldDescription: Hashable, Sendable {
    public var name: String
    public var typeName: String
    public var summary: String
    public var isRequired: Bool
    public var defaultText: String?
}

extension JSON {
    /// The JSON Schema of a text with a template in it, which may stand for any value.
    public static let templateSchema: JSON = ["type": "string", "pattern": "\\{\\{|\\{%"]

    /// A JSON Schema in which each element of a list and each value of a free mapping may be a
    /// template, too.
    fileprivate var withTemplatesInside: JSON {
        guard case .object(let members) = self else { return self }
        return .object(
            members.map { member in
                switch (member.name, member.value) {
                case ("items", .object), ("additionalProperties", .object):
                    Member(
                        member.name,
                        ["anyOf": [member.value.withTemplatesInside, JSON.templateSchema]])
                case ("anyOf", .array(let choices)):
                    Member(member.name, .array(choices.map(\.withTemplatesInside)))
                default: member
                }
            })
    }
}
