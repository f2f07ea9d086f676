public import OrderedCollections
public import Vocabulary

extension Value {
    /// What a value is, in the operator's words.
    public enum Kind: String, Sendable, Hashable {
        case null, bool, int, double, string, list, map, unknown

        /// With its article: `an int`, `a list`.
        public var phrase: String {
            switch self {
            case .null: "null"
            case .int, .unknown: "an \(rawValue)"
            default: "a \(rawValue)"
            }
        }
    }

    /// A secret has the kind of what it hides.
    public var kind: Kind {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .double: .double
        case .string: .string
        case .list: .list
        case .map: .map
        case .unknown: .unknown
        case .sensitive(let secret): secret.withExposed { $0.kind }
        }
    }

    /// The plain bool; `nil` for everything else, secrets included. So with the others.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var int: Int? { if case .int(let value) = self { value } else { nil } }
    public var double: Double? { if case .double(let value) = self { value } else { nil } }
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var list: [Value]? { if case .list(let value) = self { value } else { nil } }

    public var map: OrderedDictionary<String, Value>? {
        if case .map(let value) = self { value } else { nil }
    }

    public var isNull: Bool { if case .null = self { true } else { false } }

    /// The string, secret or not, to be handled as a secret.
    public var sensitiveString: Sensitive<String>? {
        switch self {
        case .string(let text): Sensitive(text)
        case .sensitive(let secret):
            secret.withExposed { $0.string.map { Sensitive($0) } }
        default: nil
        }
    }

    /// Whether the value or anything in it is a secret.
    public var isSensitive: Bool {
        switch self {
        case .sensitive: true
        case .list(let elements): elements.contains { $0.isSensitive }
        case .map(let entries): entries.values.contains { $0.isSensitive }
        default: false
        }
    }

    /// Why the value, or something in it, is not known yet; `nil` when all of it is.
    public var unknownReason: String? {
        switch self {
        case .unknown(let reason): reason
        case .sensitive(let secret): secret.withExposed { $0.unknownReason }
        case .list(let elements): elements.lazy.compactMap { $0.unknownReason }.first
        case .map(let entries): entries.values.lazy.compactMap { $0.unknownReason }.first
        default: nil
        }
    }

    public var isUnknown: Bool { unknownReason != nil }

    /// The value with every secret in it laid open. For the one who writes it to its
    /// destination; never for what people read.
    public var exposed: Value {
        switch self {
        case .sensitive(let secret): secret.withExposed { $0.exposed }
        case .list(let elements) where isSensitive: .list(elements.map(\.exposed))
        case .map(let entries) where isSensitive: .map(entries.mapValues(\.exposed))
        default: self
        }
    }
}
