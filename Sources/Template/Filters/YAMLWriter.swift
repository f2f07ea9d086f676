import OrderedCollections
import Vocabulary

/// Block YAML that every reader of YAML 1.1 and 1.2 takes for the same value: a string is plain
/// only where no reader could see anything else in it, else double-quoted.
struct YAMLWriter {
    private let indent: Int
    private var output: BoundedText

    init(indent: Int, room: Int) {
        self.indent = indent
        output = BoundedText(room: room)
    }

    /// Ends with a newline.
    mutating func text(of value: Value) throws(Problem) -> String {
        switch value {
        case .list(let elements) where !elements.isEmpty: try write(elements, depth: 0)
        case .map(let entries) where !entries.isEmpty: try write(entries, depth: 0)
        default:
            try output.append(try Self.scalar(value))
            try output.append("\n")
        }
        return output.text
    }

    private mutating func write(_ elements: [Value], depth: Int) throws(Problem) {
        for element in elements {
            try output.append(" ", times: indent * depth)
            try output.append("-")
            try writeBehind(element, depth: depth + 1)
        }
    }

    private mutating func write(
        _ entries: OrderedDictionary<String, Value>, depth: Int
    ) throws(Problem) {
        for (key, value) in entries {
            try output.append(" ", times: indent * depth)
            try output.append("\(Self.scalar(key)):")
            try writeBehind(value, depth: depth + 1)
        }
    }

    /// What follows a `-` or a `key:`, to the end of its line or of its block.
    private mutating func writeBehind(_ value: Value, depth: Int) throws(Problem) {
        switch value {
        case .list(let elements) where !elements.isEmpty:
            try output.append("\n")
            try write(elements, depth: depth)
        case .map(let entries) where !entries.isEmpty:
            try output.append("\n")
            try write(entries, depth: depth)
        default: try output.append(" \(try Self.scalar(value))\n")
        }
    }

    private static func scalar(_ value: Value) throws(Problem) -> String {
        switch value {
        case .null: return "null"
        case .list: return "[]"
        case .map: return "{}"
        case .string(let text): return scalar(text)
        case .double(let number):
            // YAML 1.1 wants a dot in a float's mantissa: `1e+16` is a string there.
            let text = String(number)
            guard let exponent = text.firstIndex(of: "e"), !text[..<exponent].contains(".") else {
                return text
            }
            return text[..<exponent] + ".0" + text[exponent...]
        default: return try value.text()
        }
    }

    private static func scalar(_ text: String) -> String {
        isPlain(text) ? text : JSON.quoted(text)
    }

    /// Letters first, then letters, digits and `_ . / -`: no indicator, no number, no date; and no
    /// word that some reader takes for a bool or null.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, first.isNameStart || first == UInt8(ascii: "/"),
            text.utf8.allSatisfy({ $0.isNameStart || $0.isDigit || "./-".utf8.contains($0) })
        else { return false }
        return !["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"]
            .contains(text.lowercased())
    }
}
