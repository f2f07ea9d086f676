/// Where and why a text is not JSON.
public struct JSONError: Error, Hashable, Sendable {
    public var message: String
    /// From the beginning of the text, in bytes.
    public var offset: Int
}

extension JSON {
    /// How deeply arrays and objects may lie in each other: deeper is no record of ours.
    public static let depthLimit = 128

    /// Reads one JSON value (RFC 8259), and nothing behind it. Members keep their order; of a
    /// name that comes twice both are kept, and the subscript finds the first.
    ///
    /// - Throws: ``JSONError``, also for bytes that are not UTF-8 and for numbers that neither
    ///   64-bit integers nor doubles can hold.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        var reader = JSONReader(Array(bytes))
        self = try reader.document()
    }

    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: text.utf8)
    }
}

extension JSON {
    /// The member of an object with this name.
    public subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var int: Int? { if case .int(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    public var members: [Member]? { if case .object(let value) = self { value } else { nil } }

    /// A number, with or without a fraction.
    public var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
}

private struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONError) -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw wrong("something stands behind the value") }
        return value
    }

    private func wrong(_ message: String, at offset: Int? = nil) -> JSONError {
        JSONError(message: message, offset: offset ?? position)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private mutating func skip(_ byte: Character) -> Bool {
        guard next == byte.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth < JSON.depthLimit else { throw wrong("it is nested too deeply") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case (UInt8(ascii: "0")...UInt8(ascii: "9"))?, UInt8(ascii: "-"): return try number()
        case nil: throw wrong("it ends too early")
        default: throw wrong("no value begins like this")
        }
    }

    private mutating func word(_ text: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[position...].starts(with: text.utf8) else {
            throw wrong("no value begins like this")
        }
        position += text.utf8.count
        return value
    }

    private mutating func array(_ depth: Int) throws(JSONError) -> JSON {
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if skip("]") { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if skip("]") { return .array(elements) }
            guard skip(",") else { throw wrong("expected `,` or `]`") }
        }
    }

    private mutating func object(_ depth: Int) throws(JSONError) -> JSON {
        position += 1
        var members: [JSON.Member] = []
        skipSpace()
        if skip("}") { return .object(members) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw wrong("expected the name of a member") }
            let name = try string()
            skipSpace()
            guard skip(":") else { throw wrong("expected `:`") }
            members.append(JSON.Member(name, try value(depth: depth + 1)))
            skipSpace()
            if skip("}") { return .object(members) }
            guard skip(",") else { throw wrong("expected `,` or `}`") }
        }
    }

    // MARK: Numbers

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
        return position - start
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        var isWhole = true
        _ = skip("-")
        let startsWithZero = next == UInt8(ascii: "0")
        let count = digits()
        guard count > 0, !startsWithZero || count == 1 else { throw wrong("no number", at: start) }
        if skip(".") {
            isWhole = false
            guard digits() > 0 else { throw wrong("no number", at: start) }
        }
        if skip("e") || skip("E") {
            isWhole = false
            if !skip("+") { _ = skip("-") }
            guard digits() > 0 else { throw wrong("no number", at: start) }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else {
            throw wrong("the number is too large", at: start)
        }
        return .double(value)
    }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        while true {
            let run = position
            while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""),
                byte != UInt8(ascii: "\\")
            {
                position += 1
            }
            text += bytes[run..<position]
            switch next {
            case UInt8(ascii: "\""):
                position += 1
                guard let text = String(validating: text, as: UTF8.self) else {
                    throw wrong("the text is not UTF-8", at: start)
                }
                return text
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &text)
            case nil: throw wrong("the text does not end", at: start)
            default: throw wrong("a control character stands in a text")
            }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        let start = position - 1
        guard let byte = next else { throw wrong("the text does not end", at: start) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "u"):
            var code = UInt32(try unit(start))
            if 0xD800..<0xDC00 ~= code {
                guard skip("\\"), skip("u") else { throw wrong("half a character", at: start) }
                let low = UInt32(try unit(start))
                guard 0xDC00..<0xE000 ~= low else { throw wrong("half a character", at: start) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw wrong("half a character", at: start)
            }
            text += UTF8.encode(scalar).map(Array.init) ?? []
        default: throw wrong("no such escape", at: start)
        }
    }

    /// Four hexadecimal digits.
    private mutating func unit(_ start: Int) throws(JSONError) -> UInt16 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(
                String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw wrong("no such escape", at: start) }
        position += 4
        return unit
    }
}
