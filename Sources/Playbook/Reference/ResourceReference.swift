public import Resources
import Schema
import Vocabulary

/// The reference of the types of resources, made from their declarations.
public enum ResourceReference {
    /// One type, for a terminal.
    public static func text(_ type: ResourceType) -> String {
        var lines = ["\(type.name): \(type.summary)"]
        if !type.details.isEmpty { lines += ["", wrapped(type.details, to: 80)] }
        lines += ["", "Keys:"]
        let width = type.fields.map(\.name.count).max() ?? 0
        for field in type.fields {
            let name = field.name + String(repeating: " ", count: width - field.name.count)
            lines.append("  \(name)  \(kind(of: field))")
            let indent = String(repeating: " ", count: width + 4)
            lines += wrapped(field.summary, to: 80 - indent.count).lines.map { indent + $0 }
        }
        lines += ["", wrapped("Undo: \(undo(type.undo))", to: 80)]
        if let network = network(type.networkUse) {
            lines += ["", wrapped("Network: \(network)", to: 80)]
        }
        if !type.example.isEmpty {
            lines += ["", "Example:"] + example(of: type).lines.map { $0.isEmpty ? "" : "  " + $0 }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// All of them, as Markdown.
    public static func markdown(_ types: [ResourceType]) -> String {
        let sections = types.map { type -> String in
            var lines = ["## `\(type.name)`", "", type.summary]
            if !type.details.isEmpty { lines += ["", type.details] }
            lines += ["", "| key | value | what it means |", "|---|---|---|"]
            for field in type.fields {
                lines.append(
                    "| `\(field.name)` | \(kind(of: field).inTable) | \(field.summary.inTable) |")
            }
            lines += ["", "Undo: \(undo(type.undo))"]
            if let network = network(type.networkUse) { lines += ["", "Network: \(network)"] }
            if !type.example.isEmpty { lines += ["", "```yaml", example(of: type), "```"] }
            return lines.joined(separator: "\n")
        }
        return (["# Resources"] + sections).joined(separator: "\n\n") + "\n"
    }

    /// The example as a task has it: below the type's name.
    public static func example(of type: ResourceType) -> String {
        let text = type.example.trimmingNewlines
        if text.hasPrefix("\(type.name):") { return text }
        return "\(type.name):\n"
            + text.lines.map { $0.isEmpty ? "" : "  " + $0 }.joined(separator: "\n")
    }

    private static func kind(of field: FieldDescription) -> String {
        if field.isRequired { return "\(field.typeName), required" }
        return field.defaultText.map { "\(field.typeName), otherwise `\($0)`" } ?? field.typeName
    }

    private static func undo(_ ability: UndoAbility) -> String {
        "\(ability.level.rawValue). \(ability.words)"
    }

    private static func network(_ use: ResourceType.NetworkUse) -> String? {
        switch use {
        case .everywhere:
            "a task may say `network: true`, and its host puts back what cuts it off."
        case .inHandlers: "a handler may say `network: true`."
        case .none: nil
        }
    }

    /// Broken between words; paragraphs stay.
    private static func wrapped(_ text: String, to width: Int) -> String {
        text.lines.map { line in
            var rows = [""]
            for word in line.split(separator: " ") {
                let last = rows[rows.count - 1]
                if last.isEmpty {
                    rows[rows.count - 1] = String(word)
                } else if last.count + word.count + 1 <= width {
                    rows[rows.count - 1] = "\(last) \(word)"
                } else {
                    rows.append(String(word))
                }
            }
            return rows.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate var lines: [String] {
        split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    fileprivate var inTable: String {
        split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
            .split(separator: "\n").joined(separator: " ")
    }

    fileprivate var trimmingNewlines: String {
        String(drop { $0 == "\n" }.reversed().drop { $0 == "\n" }.reversed())
    }
}
