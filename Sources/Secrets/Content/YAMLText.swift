/// Texts as YAML scalars that every reader of YAML takes for the same text.
enum YAMLText {
    /// What stands behind `key:`, with the space or line break before it. Several lines are a
    /// literal block, as a person would write a certificate; everything else is in quotes.
    ///
    /// - Parameter indent: of the lines of a block.
    static func scalar(_ text: String, indent: Int) -> String {
        guard let block = block(text, indent: indent) else { return " \(quoted(text))" }
        return block
    }

    private static func block(_ text: String, indent: Int) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let endsWithNewline = lines.last?.isEmpty == true
        if endsWithNewline { lines.removeLast() }
        guard lines.count > 1, let first = lines.first, let last = lines.last, !first.isEmpty,
            !last.isEmpty, first.unicodeScalars.first.map({ $0 != " " && $0 != "\t" }) == true,
            text.unicodeScalars.allSatisfy({ $0 == "\n" || $0 == "\t" || isPrintable($0) }),
            lines.allSatisfy({ !$0.allSatisfy(\.isWhitespace) || $0.isEmpty })
        else { return nil }
        let margin = String(repeating: " ", count: indent)
        return (endsWithNewline ? " |" : " |-")
            + lines.map { $0.isEmpty ? "\n" : "\n\(margin)\($0)" }.joined()
    }

    /// YAML 1.2.2, 7.3.1.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where isPrintable(scalar): result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let width = scalar.value > 0xFFFF ? 8 : 4
                result += scalar.value > 0xFFFF ? "\\U" : "\\u"
                result += String(repeating: "0", count: width - digits.count) + digits
            }
        }
        return result + "\""
    }

    /// Neither a control character nor anything that some reader takes for a line break.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: false
        default: true
        }
    }
}
