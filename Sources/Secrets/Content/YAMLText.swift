import Vocabulary

/// Texts as YAML scalars that every reader of YAML takes for the same text.
enum YAMLText {
    /// What stands behind `key:`, with the space or line break before it. Several lines are a
    /// literal block, as a person would write a certificate; everything else is in quotes.
    ///
    /// - Parameter indent: of the lines of a block.
    static func scalar(_ text: String, indent: Int) -> String {
        guard let block = block(text, indent: indent) else { return " \(JSON.quoted(text))" }
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

    /// Neither a control character nor anything that some reader takes for a line break.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: false
        default: true
        }
    }
}
