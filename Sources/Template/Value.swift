public import OrderedCollections
public import Vocabulary

/// The typed value of a variable, a fact, an output or a field.
///
/// Two cases are about what may be done with a value rather than what it is. A `sensitive` one
/// is shown by nothing: its storage is ``Vocabulary/Sensitive``, so description, `dump` and
/// mirrors redact it. An `unknown` one comes later (a fact of a host that is not observed yet, an
/// output of a task that has not run); whatever needs it is unknown as well.
public enum Value: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case list([Value])
    case map(OrderedDictionary<String, Value>)
    /// Never holds another `sensitive` at its top; made by ``sensitive(of:)``.
    indirect case sensitive(Sensitive<Value>)
    /// The reason is for people: `facts of db-1 are not gathered yet`.
    case unknown(String)
}

extension Value {
    /// `value` as a secret. What is sensitive or unknown already stays as it is.
    public static func sensitive(of value: Value) -> Value {
        switch value {
        case .sensitive, .unknown: value
        default: .sensitive(Sensitive(value))
        }
    }

    public static func sensitive(_ text: Sensitive<String>) -> Value {
        .sensitive(text.map { .string($0) })
    }

    /// A map of these entries in their order; of equal keys the last one counts.
    public static func map(of entries: some Sequence<(key: String, value: Value)>) -> Value {
        .map(OrderedDictionary(entries.lazy.map { ($0.key, $0.value) }) { $1 })
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: Value...) { self = .list(elements) }

    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .map(OrderedDictionary(elements) { $1 })
    }
}
