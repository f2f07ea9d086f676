public import Vocabulary

extension Value {
    /// What a JSON text holds; of a name that comes twice the last one counts, as in Jinja.
    public init(_ json: JSON) {
        self =
            switch json {
            case .null: .null
            case .bool(let flag): .bool(flag)
            case .int(let number): .int(number)
            case .double(let number): .double(number)
            case .string(let text): .string(text)
            case .array(let elements): .list(elements.map { Value($0) })
            case .object(let members):
                .map(of: members.map { (key: $0.name, value: Value($0.value)) })
            }
    }
}
