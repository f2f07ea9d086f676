import Vocabulary

/// A piece of a page. Text becomes one by being escaped; there is no other way in.
struct Markup: Sendable {
    fileprivate(set) var source: String

    /// A text.
    init(_ text: some StringProtocol) {
        source = ""
        source.appendEscaped(text)
    }

    fileprivate init(source: String) {
        self.source = source
    }

    /// An element. Attributes without a value are left out.
    static func tag(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:],
        _ content: [Markup] = []
    ) -> Markup {
        var source = "<\(name)"
        for (name, value) in attributes {
            guard let value else { continue }
            source += " \(name)=\""
            source.appendEscaped(value)
            source += "\""
        }
        guard !content.isEmpty else { return Markup(source: source + closing(name)) }
        source += ">"
        for piece in content { source += piece.source }
        return Markup(source: source + "</\(name)>")
    }

    static func tag(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:],
        _ text: some StringProtocol
    ) -> Markup {
        tag(name, attributes, [Markup(text)])
    }

    /// Pieces one behind the other.
    static func all(_ pieces: [Markup]) -> Markup {
        Markup(source: pieces.map(\.source).joined(separator: "\n"))
    }

    /// The content of a style element: a browser reads it as it is, and so does XML as long as it
    /// has neither of two characters.
    static func styles(_ text: StaticString) -> Markup {
        let text = "\(text)"
        precondition(!text.contains("<") && !text.contains("&"))
        return Markup(source: "<style>\(text)</style>")
    }

    /// What stands around the root of a page.
    static func document(_ root: Markup) -> String { "<!DOCTYPE html>\n\(root.source)\n" }

    /// HTML knows elements that have no end, XML that every one has: of an empty element either
    /// form must be right in both.
    private static func closing(_ name: StaticString) -> String {
        ["meta", "rect", "line", "path", "br", "col"].contains("\(name)") ? "/>" : "></\(name)>"
    }
}

extension String {
    /// Control characters are written out, so that they neither hide nor end anything; XML could
    /// not have them even escaped.
    fileprivate mutating func appendEscaped(_ text: some StringProtocol) {
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x26: self += "&amp;"
            case 0x3C: self += "&lt;"
            case 0x3E: self += "&gt;"
            case 0x22: self += "&quot;"
            case 0x27: self += "&#39;"
            case 0x09, 0x0A, 0x20...0x7E: unicodeScalars.append(scalar)
            case 0xFFFE, 0xFFFF, 0xFDD0...0xFDEF: self += "\u{FFFD}"
            default: self += String(scalar).visible
            }
        }
    }
}
