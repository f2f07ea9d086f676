/// What a plain scalar means, or why it means nothing certain.
enum PlainReading: Equatable {
    case meaning(YAMLScalar.Meaning)
    /// `0644`: octal to some, decimal to others.
    case leadingZero
    /// An integer beyond 64 bits.
    case overflow

    init(_ text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .meaning(.null)
        case "true", "True", "TRUE": self = .meaning(.bool(true))
        case "false", "False", "FALSE": self = .meaning(.bool(false))
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": self = .meaning(.double(.infinity))
        case "-.inf", "-.Inf", "-.INF": self = .meaning(.double(-.infinity))
        case ".nan", ".NaN", ".NAN": self = .meaning(.double(.nan))
        default: self = Self.number(text) ?? .meaning(.text)
        }
    }

    private static func number(_ text: String) -> PlainReading? {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, "+-.0123456789".utf8.contains(first) else { return nil }
        if text.hasPrefix("0x") || text.hasPrefix("0o") {
            let radix = text.hasPrefix("0x") ? 16 : 8
            let digits = text.dropFirst(2)
            guard !digits.isEmpty, digits.allSatisfy({ isDigit($0, radix: radix) }) else {
                return nil
            }
            return Int(digits, radix: radix).map { .meaning(.int($0)) } ?? .overflow
        }
        let unsigned =
            first == UInt8(ascii: "+") || first == UInt8(ascii: "-")
            ? bytes.dropFirst() : bytes[...]
        if !unsigned.isEmpty, unsigned.allSatisfy(isDecimal) {
            if unsigned.count > 1, unsigned.first == UInt8(ascii: "0") { return .leadingZero }
            return Int(text).map { .meaning(.int($0)) } ?? .overflow
        }
        return isFloat(unsigned) ? Double(text).map { .meaning(.double($0)) } : nil
    }

    /// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func isFloat(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        let whole = rest.prefix(while: isDecimal)
        rest = rest.dropFirst(whole.count)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let fraction = rest.prefix(while: isDecimal)
            rest = rest.dropFirst(fraction.count)
            if whole.isEmpty && fraction.isEmpty { return false }
        } else if whole.isEmpty {
            return false
        }
        guard let mark = rest.first else { return true }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return false }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
            rest = rest.dropFirst()
        }
        return !rest.isEmpty && rest.allSatisfy(isDecimal)
    }

    private static func isDecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isDigit(_ character: Character, radix: Int) -> Bool {
        guard let value = character.hexDigitValue, character.isASCII else { return false }
        return value < radix
    }
}

extension YAMLScalar.Meaning {
    /// What a text means that was typed outside any file. What would be ambiguous in one is a
    /// text.
    public init(plain text: String) {
        if case .meaning(let meaning) = PlainReading(text) { self = meaning } else { self = .text }
    }
}
