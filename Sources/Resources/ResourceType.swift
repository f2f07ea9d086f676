public import Schema
public import Vocabulary

/// A type of resource, whatever its Swift type: what a playbook's key stands for.
public struct ResourceType: Sendable {
    /// The key in a playbook: `file`.
    public let name: String
    /// One sentence: what it is.
    public let summary: String
    /// Paragraphs for `finflowctl doc`.
    public let details: String
    public let fields: [FieldDescription]
    /// What its tasks may hand to others.
    public let outputs: [String]
    /// How far `undo` can put back what it changed.
    public let undo: UndoAbility
    /// A YAML example: a mapping from the type's name to its fields.
    public let example: String
    /// A JSON Schema of its mapping, each value of which may also be a template.
    public let jsonSchema: JSON
    /// Reads a mapping in which every template was rendered.
    public let read: @Sendable (PlacedValue) throws(Diagnostics) -> any Resource
    private let keyProblems: @Sendable (PlacedValue) -> [Diagnostic]
    private let knownProblems: @Sendable (PlacedValue) -> [Diagnostic]

    public init<Model: Resource>(_ type: Model.Type) {
        let schema = Model.schema
        name = schema.name
        summary = schema.summary
        details = schema.details
        fields = schema.fields.map(\.description)
        outputs = Model.outputs
        undo = Model.undo
        example =
            "\(schema.name):\n"
            + schema.example.split(separator: "\n").map { "  \($0)\n" }.joined()
        jsonSchema = schema.jsonSchema(templated: true)
        read = { value throws(Diagnostics) in try schema.read(value) }
        keyProblems = { schema.problems(inKeysOf: $0) }
        knownProblems = { schema.problems(inKnownPartsOf: $0) }
    }

    /// What is wrong with the keys of a mapping whose values may be templates.
    public func problems(inKeysOf value: PlacedValue) -> [Diagnostic] { keyProblems(value) }

    /// What is wrong with a mapping of which some values come later.
    public func problems(inKnownPartsOf value: PlacedValue) -> [Diagnostic] {
        knownProblems(value)
    }
}
