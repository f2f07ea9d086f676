import Vocabulary

struct Token: Sendable {
    enum Kind: Sendable, Equatable {
        case name(String)
        case integer(Int)
        case double(Double)
        case string(String)
        /// An operator or a bracket.
        case symbol(String)
        /// The end of the tag; `-` strips the white space behind it, `+` keeps all of it.
        case close(UInt8?)
        /// The end of the text.
        case end
    }

    let kind: Kind
    let span: Span

    /// As an error names it.
    var phrase: String {
        switch kind {
        case .name(let name): "`\(name)`"
        case .integer, .double: "a number"
        case .string: "a string"
        case .symbol(let symbol): "`\(symbol)`"
        case .close: "the end of the tag"
        case .end: "the end of the text"
        }
    }
}

/// What ends the expression that is read.
enum Closer: Sendable {
    /// `}}`
    case output
    /// `%}`
    case statement
    /// The end of the text: a bare expression.
    case text

    var bytes: (UInt8, UInt8)? {
        switch self {
        case .output: (UInt8(ascii: "}"), UInt8(ascii: "}"))
        case .statement: (UInt8(ascii: "%"), UInt8(ascii: "}"))
        case .text: nil
        }
    }
}

/// Cuts the inside of a tag into tokens.
struct Lexer {
    let source: Source
    let closer: Closer
    private(set) var offset: Int
    /// Open brackets: inside a map, `}}` closes two maps and not the tag.
    private var depth = 0

    init(_ source: Source, at offset: Int, until closer: Closer) {
        self.source = source
        self.closer = closer
        self.offset = offset
    }

    mutating func next() throws(Diagnostics) -> Token {
        while let byte = byte(), byte.isWhitespace { offset += 1 }
        let start = offset
        guard let first = byte() else { return token(.end, from: start) }
        if let close = closing() { return close }
        if first.isNameStart { return name() }
        if first.isDigit { return try number() }
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") { return try string(first) }
        return try symbol()
    }

    private func byte(_ ahead: Int = 0) -> UInt8? {
        offset + ahead < source.bytes.count ? source.bytes[offset + ahead] : nil
    }

    private func token(_ kind: Token.Kind, from start: Int) -> Token {
        Token(kind: kind, span: Span(start: start, end: offset))
    }

    private mutating func closing() -> Token? {
        guard let (first, second) = closer.bytes else { return nil }
        if case .output = closer, depth > 0 { return nil }
        let start = offset
        var mark: UInt8?
        if byte() == UInt8(ascii: "-") || byte() == UInt8(ascii: "+") { mark = byte() }
        let ahead = mark == nil ? 0 : 1
        guard byte(ahead) == first, byte(ahead + 1) == second else { return nil }
        offset += ahead + 2
        return token(.close(mark), from: start)
    }

    private mutating func name() -> Token {
        let start = offset
        while let byte = byte(), byte.isNameStart || byte.isDigit { offset += 1 }
        return token(.name(source.text(start..<offset)), from: start)
    }

    private mutating func symbol() throws(Diagnostics) -> Token {
        let start = offset
        let pair = source.bytes[offset..<min(offset + 2, source.bytes.count)]
        let text = String(decoding: pair, as: UTF8.self)
        if ["==", "!=", "<=", ">=", "//", "**"].contains(text) {
            offset += 2
            return token(.symbol(text), from: start)
        }
        guard let first = byte(), "+-*/%~<>=|.,:()[]{}".utf8.contains(first) else {
            // A whole scalar, so that the text and the place are right.
            offset += 1
            while let byte = byte(), byte & 0xC0 == 0x80 { offset += 1 }
            let character = source.text(start..<offset).visible
            throw problem("`\(character)` means nothing in an expression", from: start)
        }
        offset += 1
        switch first {
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
        default: break
        }
        return token(.symbol(String(UnicodeScalar(first))), from: start)
    }

    func problem(_ message: String, from start: Int, hint: String? = nil) -> Diagnostics {
        Diagnostics([
            Diagnostic(
                .templateSyntax, message, at: source.place(Span(start: start, end: offset)),
                hint: hint)
        ])
    }
}

extension Lexer {
    private mutating func number() throws(Diagnostics) -> Token {
        let start = offset
        var isDouble = false
        skipDigits()
        if byte() == UInt8(ascii: "."), byte(1)?.isDigit == true {
            isDouble = true
            offset += 1
            skipDigits()
        }
        if byte() == UInt8(ascii: "e") || byte() == UInt8(ascii: "E") {
            let signed = byte(1) == UInt8(ascii: "-") || byte(1) == UInt8(ascii: "+")
            if byte(signed ? 2 : 1)?.isDigit == true {
                isDouble = true
                offset += signed ? 2 : 1
                skipDigits()
            }
        }
        if let byte = byte(), byte.isNameStart {
            while let byte = self.byte(), byte.isNameStart || byte.isDigit { offset += 1 }
            throw problem(
                "a number ends in letters", from: start, hint: "a string needs quotes")
        }
        let digits = source.text(start..<offset).filter { $0 != "_" }
        if isDouble, let value = Double(digits), value.isFinite {
            return token(.double(value), from: start)
        }
        if !isDouble, let value = Int(digits) { return token(.integer(value), from: start) }
        throw problem("the number is too large", from: start, hint: "64-bit integers and doubles")
    }

    private mutating func skipDigits() {
        while let byte = byte(),
            byte.isDigit || (byte == UInt8(ascii: "_") && self.byte(1)?.isDigit == true)
        {
            offset += 1
        }
    }

    private mutating func string(_ quote: UInt8) throws(Diagnostics) -> Token {
        let start = offset
        offset += 1
        var content: [UInt8] = []
        while let byte = byte() {
            offset += 1
            if byte == quote {
                return token(.string(String(decoding: content, as: UTF8.self)), from: start)
            }
            if byte == UInt8(ascii: "\\") {
                content += try escape()
            } else {
                content.append(byte)
            }
        }
        offset = start + 1
        throw problem("the string is never closed", from: start)
    }

    /// What follows a backslash.
    private mutating func escape() throws(Diagnostics) -> [UInt8] {
        let start = offset - 1
        guard let byte = byte() else { return [] }
        offset += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): return [byte]
        case UInt8(ascii: "x"): return try codePoint(digits: 2, from: start)
        case UInt8(ascii: "u"): return try codePoint(digits: 4, from: start)
        case UInt8(ascii: "U"): return try codePoint(digits: 8, from: start)
        default:
            while let byte = self.byte(), byte & 0xC0 == 0x80 { offset += 1 }
            throw problem(
                "the string has an unknown escape", from: start,
                hint: "a backslash itself is written `\\\\`")
        }
    }

    private mutating func codePoint(digits: Int, from start: Int) throws(Diagnostics) -> [UInt8] {
        let end = min(offset + digits, source.bytes.count)
        let text = source.text(offset..<end)
        guard text.utf8.count == digits, text.utf8.allSatisfy(\.isHexDigit),
            let number = UInt32(text, radix: 16), let scalar = UnicodeScalar(number)
        else {
            throw problem("the escape needs \(digits) hexadecimal digits", from: start)
        }
        offset = end
        return Array(String(scalar).utf8)
    }
}

extension UInt8 {
    var isWhitespace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isHexDigit: Bool {
        isDigit || (0x41...0x46).contains(self) || (0x61...0x66).contains(self)
    }
    var isNameStart: Bool {
        (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) || self == UInt8(ascii: "_")
    }
}
