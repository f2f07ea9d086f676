import OrderedCollections
import Vocabulary

extension Value: CustomStringConvertible {
    /// The value as plans and messages show it, in the manner of JSON: secrets redacted, what is
    /// not known yet in angle brackets, control characters written out.
    public var display: String {
        switch self {
        case .null: "null"
        case .bool(let value): String(value)
        case .int(let value): String(value)
        case .double(let value): String(value)
        case .string(let text): "\"\(text.visible)\""
        case .list(let elements): "[\(elements.map(\.display).joined(separator: ", "))]"
        case .map(let entries):
            "{"
                + entries.map { "\($0.key.visible): \($0.value.display)" }.joined(separator: ", ")
                + "}"
        case .sensitive: redaction
        case .unknown(let reason): "<unknown: \(reason.visible)>"
        }
    }

    public var description: String { display }
}
