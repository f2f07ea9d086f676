public import Vocabulary

/// A value with the place where it stands.
public struct Placed<Value: Sendable>: Sendable {
    public var value: Value
    public var place: SourcePlace

    public init(_ value: Value, at place: SourcePlace) {
        self.value = value
        self.place = place
    }
}

extension FieldType {
    /// The same type, with the place of each value.
    public var placed: FieldType<Placed<Output>> {
        map { value, place in Placed(value, at: place) }
    }
}
