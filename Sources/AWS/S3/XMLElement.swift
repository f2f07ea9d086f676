/// Why a text is not the XML that S3 and STS write.
struct XMLError: Error, Hashable {
    let reason: String
    /// In bytes from the beginning.
    let offset: Int
}

/// An element of an XML document, without its attributes: S3 and STS say nothing with them.
///
/// The reader takes what those services write and refuses what could be used against it: document
/// types (and so entities of the document's own), other encodings than UTF-8, depth and size
/// beyond a bound.
struct XMLElement: Hashable {
    /// Without a prefix.
    let name: String
    /// The text directly within it.
    fileprivate(set) var text = ""
    fileprivate(set) var children: [XMLElement] = []

    fileprivate init(name: String) {
        self.name = name
    }

    /// Reads a document.
    static func read(_ bytes: [UInt8]) throws(XMLError) -> XMLElement {
        var reader = XMLReader(bytes)
        return try reader.document()
    }

    /// The first child of this name.
    subscript(name: String) -> XMLElement? {
        children.first { $0.name == name }
    }

    func all(_ name: String) -> [XMLElement] {
        children.filter { $0.name == name }
    }

    /// Text as a document can hold it; `nil` for what no XML 1.0 document can (§2.2).
    static func escaped(_ text: String) -> String? {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            // A reader would make a line feed of it (§2.11).
            case "\r": result += "&#13;"
            case _ where !XMLReader.isCharacter(scalar): return nil
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// Reads bytes from front to back, an element at a time; what is open stands on a stack of its
/// own, so that no document can overflow the thread's.
private struct XMLReader {
    private static let maximumDepth = 32
    private static let maximumSize = 16 << 20
    private static let longestReference = 12

    private let bytes: [UInt8]
    private var place = 0
    private var open: [XMLElement] = []
    private var texts: [[UInt8]] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(XMLError) -> XMLElement {
        guard bytes.count <= Self.maximumSize else { throw failure("too large") }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
        try prolog()
        var root: XMLElement?
        while root == nil { root = try step() }
        try skipBetweenElements()
        guard place == bytes.count, let root else { throw failure("something behind the end") }
        return root
    }

    // MARK: Around the root element

    private mutating func prolog() throws(XMLError) {
        try skipBetweenElements()
        if startsHere("<!") { throw failure("a document type") }
        guard startsHere("<") else { throw failure("no element") }
        try startTag()
    }

    private mutating func skipBetweenElements() throws(XMLError) {
        while true {
            skipSpace()
            guard startsHere("<?") || startsHere("<!--") else { return }
            try skipMarkup()
        }
    }

    // MARK: Within it

    /// The next piece of the innermost open element.
    ///
    /// - Returns: the root element, once it has ended.
    private mutating func step() throws(XMLError) -> XMLElement? {
        if open.isEmpty {
            // `<root/>`: it has ended with its beginning.
            return finished
        }
        guard place < bytes.count else { throw failure("no end of `\(open.last?.name ?? "")`") }
        if startsHere("<![CDATA[") {
            place += 9
            try addText(raw: try upTo("]]>"))
        } else if startsHere("<!--") || startsHere("<?") {
            try skipMarkup()
        } else if startsHere("<!") {
            throw failure("a declaration within the document")
        } else if startsHere("</") {
            return try endTag()
        } else if startsHere("<") {
            try startTag()
        } else {
            try characters()
        }
        return nil
    }

    private var finished: XMLElement?

    private mutating func startTag() throws(XMLError) {
        place += 1
        let name = try name()
        while true {
            let hadSpace = skipSpace()
            if startsHere("/>") || startsHere(">") { break }
            guard hadSpace else { throw failure("no space before an attribute") }
            try skipAttribute()
        }
        guard open.count < Self.maximumDepth else { throw failure("too deep") }
        open.append(XMLElement(name: name))
        texts.append([])
        if startsHere("/>") {
            place += 2
            finished = try close()
        } else {
            place += 1
        }
    }

    private mutating func skipAttribute() throws(XMLError) {
        _ = try name()
        skipSpace()
        guard startsHere("=") else { throw failure("an attribute without a value") }
        place += 1
        skipSpace()
        guard let quote = peek(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            throw failure("an attribute without quotation marks")
        }
        place += 1
        while let byte = peek(), byte != quote {
            guard byte != UInt8(ascii: "<") else { throw failure("`<` in an attribute") }
            place += 1
        }
        guard peek() == quote else { throw failure("an attribute without an end") }
        place += 1
    }

    private mutating func endTag() throws(XMLError) -> XMLElement? {
        place += 2
        let name = try name()
        skipSpace()
        guard startsHere(">") else { throw failure("no end of a tag") }
        guard name == open.last?.name else { throw failure("`\(name)` was not begun here") }
        place += 1
        return try close()
    }

    private mutating func close() throws(XMLError) -> XMLElement? {
        guard var element = open.popLast(), let text = texts.popLast() else {
            throw failure("an end without a beginning")
        }
        guard let decoded = String(validating: text, as: UTF8.self) else {
            throw failure("no UTF-8")
        }
        element.text = decoded
        guard !open.isEmpty else { return element }
        open[open.count - 1].children.append(element)
        return nil
    }

    // MARK: Text

    private mutating func characters() throws(XMLError) {
        let start = place
        while let byte = peek(), byte != UInt8(ascii: "<"), byte != UInt8(ascii: "&") { place += 1 }
        if place > start {
            try addText(raw: bytes[start..<place])
        } else {
            try reference()
        }
    }

    private mutating func addText(raw: ArraySlice<UInt8>) throws(XMLError) {
        var wasReturn = false
        for byte in raw {
            guard byte >= 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else {
                throw failure("a control character")
            }
            // Line ends become one line feed (XML 1.0 §2.11).
            if byte == 0x0D {
                texts[texts.count - 1].append(0x0A)
            } else if !(byte == 0x0A && wasReturn) {
                texts[texts.count - 1].append(byte)
            }
            wasReturn = byte == 0x0D
        }
    }

    private mutating func reference() throws(XMLError) {
        let start = place + 1
        let rest = bytes[start...].prefix(Self.longestReference)
        guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else {
            throw failure("`&` without `;`")
        }
        let scalar = Self.scalar(String(decoding: bytes[start..<end], as: UTF8.self))
        guard let scalar, let encoded = UTF8.encode(scalar) else {
            throw failure("an unknown entity")
        }
        texts[texts.count - 1] += encoded
        place = end + 1
    }

    private static func scalar(_ name: String) -> Unicode.Scalar? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        guard name.hasPrefix("#") else { return nil }
        let isHexadecimal = name.hasPrefix("#x")
        let digits = name.dropFirst(isHexadecimal ? 2 : 1)
        guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let number = UInt32(digits, radix: isHexadecimal ? 16 : 10),
            let scalar = Unicode.Scalar(number), isCharacter(scalar)
        else { return nil }
        return scalar
    }

    /// XML 1.0 §2.2.
    static func isCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    // MARK: Pieces

    private mutating func skipMarkup() throws(XMLError) {
        if startsHere("<!--") {
            place += 4
            _ = try upTo("-->")
        } else {
            place += 2
            _ = try upTo("?>")
        }
    }

    /// A name without its prefix.
    private mutating func name() throws(XMLError) -> String {
        let start = place
        while let byte = peek(), Self.isInName(byte) { place += 1 }
        let whole = String(decoding: bytes[start..<place], as: UTF8.self)
        guard let local = whole.split(separator: ":", omittingEmptySubsequences: false).last,
            !local.isEmpty
        else { throw failure("no name") }
        return String(local)
    }

    private static func isInName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: ":"):
            true
        default: false
        }
    }

    /// What stands before `end`, which is passed over too.
    private mutating func upTo(_ end: StaticString) throws(XMLError) -> ArraySlice<UInt8> {
        let start = place
        while place < bytes.count {
            if startsHere(end) {
                defer { place += end.utf8CodeUnitCount }
                return bytes[start..<place]
            }
            place += 1
        }
        throw failure("no `\(end)`")
    }

    @discardableResult
    private mutating func skipSpace() -> Bool {
        let start = place
        while let byte = peek(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { place += 1 }
        return place > start
    }

    private func peek() -> UInt8? {
        place < bytes.count ? bytes[place] : nil
    }

    private func startsHere(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - place >= count else { return false }
        return text.withUTF8Buffer { buffer in
            (0..<count).allSatisfy { bytes[place + $0] == buffer[$0] }
        }
    }

    private func failure(_ reason: String) -> XMLError {
        XMLError(reason: reason, offset: place)
    }
}
