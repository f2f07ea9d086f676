import OrderedCollections
import Vocabulary

/// JSON in the layout of Python's `json.dumps`, which Ansible's `to_json` has; text stays UTF-8.
struct JSONWriter {
    private let indent: Int?
    private var output: BoundedText

    init(indent: Int?, room: Int) {
        self.indent = indent
        output = BoundedText(room: room)
    }

    mutating func text(of value: Value) throws(Problem) -> String {
        try write(value, depth: 0)
        return output.text
    }

    private mutating func write(_ value: Value, depth: Int) throws(Problem) {
        switch value {
        case .null: try output.append("null")
        case .string(let text): try output.append(JSON.quoted(text))
        case .list(let elements):
            try output.append("[")
            for (index, element) in elements.enumerated() {
                try separate(index, depth + 1)
                try write(element, depth: depth + 1)
            }
            try close("]", isEmpty: elements.isEmpty, depth)
        case .map(let entries):
            try output.append("{")
            for (index, (key, element)) in entries.enumerated() {
                try separate(index, depth + 1)
                try output.append("\(JSON.quoted(key)): ")
                try write(element, depth: depth + 1)
            }
            try close("}", isEmpty: entries.isEmpty, depth)
        default: try output.append(try value.text())
        }
    }

    private mutating func separate(_ index: Int, _ depth: Int) throws(Problem) {
        if index > 0 { try output.append(indent == nil ? ", " : ",") }
        try newLine(depth)
    }

    private mutating func close(
        _ bracket: String, isEmpty: Bool, _ depth: Int
    ) throws(Problem) {
        if !isEmpty { try newLine(depth) }
        try output.append(bracket)
    }

    private mutating func newLine(_ depth: Int) throws(Problem) {
        guard let indent else { return }
        let (width, overflow) = indent.multipliedReportingOverflow(by: depth)
        try output.append("\n")
        try output.append(" ", times: overflow ? .max : width)
    }
}
