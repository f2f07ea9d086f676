/// The statements of a script, without comments and the lines that are psql's own (`\connect`).
struct SQLScript {
    private let bytes: [UInt8]
    private var position = 0
    private var tokens: [SQLStatement.Token] = []
    private var isApart = false
    private(set) var statements: [SQLStatement] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        while position < bytes.count { step() }
        endStatement()
    }

    private func byte(_ offset: Int = 0) -> UInt8? {
        position + offset < bytes.count ? bytes[position + offset] : nil
    }

    private mutating func endStatement() {
        if !tokens.isEmpty { statements.append(SQLStatement(tokens: tokens)) }
        tokens = []
    }

    private mutating func step() {
        let first = bytes[position]
        switch first {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
            position += 1
            isApart = true
        case UInt8(ascii: "-") where byte(1) == first: skipLine()
        case UInt8(ascii: "\\") where tokens.isEmpty: skipLine()
        case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"): skipComment()
        case UInt8(ascii: ";"):
            position += 1
            endStatement()
        case UInt8(ascii: "\""): take(.quotedName, quoted(first))
        case UInt8(ascii: "'"): take(.literal, quoted(first))
        case UInt8(ascii: "E"), UInt8(ascii: "e"):
            if byte(1) == UInt8(ascii: "'") {
                take(.literal, quoted(UInt8(ascii: "'"), after: 1, escaping: true))
            } else {
                take(.word, wordEnd())
            }
        case UInt8(ascii: "$"):
            if let end = dollarQuoted() { take(.literal, end) } else { take(.symbol, position + 1) }
        case _ where Self.isWord(first): take(.word, wordEnd())
        default: take(.symbol, position + 1)
        }
    }

    private mutating func take(_ kind: SQLStatement.Token.Kind, _ end: Int) {
        let text = String(decoding: bytes[position..<end], as: UTF8.self)
        tokens.append(SQLStatement.Token(kind: kind, text: text, isApart: isApart))
        isApart = false
        position = end
    }

    private mutating func skipLine() {
        position = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        isApart = true
    }

    /// They nest.
    private mutating func skipComment() {
        var depth = 0
        repeat {
            if byte() == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
                depth += 1
                position += 2
            } else if byte() == UInt8(ascii: "*"), byte(1) == UInt8(ascii: "/") {
                depth -= 1
                position += 2
            } else {
                position += 1
            }
        } while depth > 0 && position < bytes.count
        isApart = true
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xFF:
            true
        default: false
        }
    }

    private func wordEnd() -> Int {
        bytes[position...].firstIndex { !Self.isWord($0) && $0 != UInt8(ascii: "$") }
            ?? bytes.count
    }

    /// Behind the quote that ends what begins here; one that is doubled does not.
    private func quoted(_ quote: UInt8, after offset: Int = 0, escaping: Bool = false) -> Int {
        var end = position + offset + 1
        while end < bytes.count {
            if escaping, bytes[end] == UInt8(ascii: "\\") {
                end += 2
            } else if bytes[end] != quote {
                end += 1
            } else if end + 1 < bytes.count, bytes[end + 1] == quote {
                end += 2
            } else {
                return end + 1
            }
        }
        return bytes.count
    }

    /// Behind `$tag$…$tag$`; `nil` where none begins.
    private func dollarQuoted() -> Int? {
        let rest = bytes[(position + 1)...]
        guard let close = rest.firstIndex(where: { !Self.isWord($0) }),
            bytes[close] == UInt8(ascii: "$"),
            !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position + 1])
        else { return nil }
        let tag = bytes[position...close]
        var start = close + 1
        while let next = bytes[start...].firstIndex(of: UInt8(ascii: "$")) {
            if bytes[next...].starts(with: tag) { return next + tag.count }
            start = next + 1
        }
        return bytes.count
    }
}
