public import Schema
public import Vocabulary

/// A type of resource, whatever its Swift type: what a playbook's key stands for.
///
/// Its schema is made when it is first needed: a run reads a few types, and to make them all
/// would be most of its start.
public struct ResourceType: Sendable {
    /// The key in a playbook: `file`.
    public let name: String
    /// What its tasks may hand to others.
    public let outputs: [String]
    /// How far `undo` can put back what it changed.
    public let undo: UndoAbility
    /// Which of its tasks can say `network: true`.
    public let networkUse: NetworkUse
    /// Whether a task can have it done on another host.
    public let mayBeDelegated: Bool
    private let describe: @Sendable () -> Description
    private let reader: @Sendable (PlacedValue) throws(Diagnostics) -> any Resource
    private let keyProblems: @Sendable (PlacedValue) -> [Diagnostic]
    private let knownProblems: @Sendable (PlacedValue) -> [Diagnostic]

    /// - Parameter name: the one that its schema says.
    public init<Model: Resource>(_ name: String, _ type: Model.Type) {
        self.name = name
        outputs = Model.outputs
        undo = Model.undo
        networkUse = NetworkUse(type)
        mayBeDelegated = Model.mayBeDelegated
        describe = { Description(Model.schema) }
        reader = { value throws(Diagnostics) in try Model.schema.read(value) }
        keyProblems = { Model.schema.problems(inKeysOf: $0) }
        knownProblems = { Model.schema.problems(inKnownPartsOf: $0) }
    }

    /// One sentence: what it is.
    public var summary: String { describe().summary }
    /// Paragraphs for `finflowctl doc`.
    public var details: String { describe().details }
    public var fields: [FieldDescription] { describe().fields }
    /// A YAML example: a mapping from the type's name to its fields.
    public var example: String { describe().example }
    /// A JSON Schema of its mapping, each value of which may also be a template.
    public var jsonSchema: JSON { describe().jsonSchema }

    /// Reads a mapping in which every template was rendered.
    public func read(_ value: PlacedValue) throws(Diagnostics) -> any Resource {
        try reader(value)
    }

    /// What is wrong with the keys of a mapping whose values may be templates.
    public func problems(inKeysOf value: PlacedValue) -> [Diagnostic] { keyProblems(value) }

    /// What is wrong with a mapping of which some values come later.
    public func problems(inKnownPartsOf value: PlacedValue) -> [Diagnostic] {
        knownProblems(value)
    }
}

/// What the reference says of a type.
private struct Description: Sendable {
    let summary: String
    let details: String
    let fields: [FieldDescription]
    let example: String
    let jsonSchema: JSON

    init<Model>(_ schema: Schema<Model>) {
        summary = schema.summary
        details = schema.details
        fields = schema.fields.map(\.description)
        example =
            "\(schema.name):\n"
            + schema.example.split(separator: "\n").map { "  \($0)\n" }.joined()
        jsonSchema = schema.jsonSchema(templated: true)
    }
}
