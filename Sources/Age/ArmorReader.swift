import Vocabulary

/// Takes the armor off an age file, line by line, as it comes.
///
/// As strict as https://age-encryption.org/v1, «ASCII armor» asks for: an armored file is as
/// little malleable as a binary one. Lines may end in CRLF, and white space may stand around
/// the whole.
struct ArmorReader {
    private enum Expected {
        case begin
        case body
        case end
        case nothing
    }

    /// How much white space may stand before, and behind.
    private static let blankLimit = 1024

    private var expected = Expected.begin
    private var line: [UInt8] = []
    private var number = 1
    private var blanks = 0

    /// Appends to `output` what the armor holds; also before it throws.
    mutating func read(
        _ bytes: ArraySlice<UInt8>, into output: inout [UInt8]
    ) throws(AgeError) {
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            try take(rest[..<end])
            rest = rest[(end + 1)...]
            try endLine(into: &output)
            line.removeAll(keepingCapacity: true)
            number += 1
        }
        try take(rest)
    }

    /// The last line may lack its end.
    mutating func finish(into output: inout [UInt8]) throws(AgeError) {
        if !line.isEmpty { try endLine(into: &output) }
        switch expected {
        case .begin: throw .empty
        case .body, .end: throw .truncated(.armor)
        case .nothing: return
        }
    }

    private mutating func take(_ part: ArraySlice<UInt8>) throws(AgeError) {
        line += part
        guard line.count <= Self.blankLimit else { throw malformed("is too long") }
    }

    private mutating func endLine(into output: inout [UInt8]) throws(AgeError) {
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        switch expected {
        case .begin:
            guard try !isBlank() else { return }
            guard line.elementsEqual(ArmorWriter.begin.utf8) else {
                throw malformed("is not `\(ArmorWriter.begin)`")
            }
            expected = .body
            blanks = 0
        case .body where line.elementsEqual(ArmorWriter.end.utf8), .end:
            guard line.elementsEqual(ArmorWriter.end.utf8) else {
                throw malformed("is not `\(ArmorWriter.end)`, and a short line came before it")
            }
            expected = .nothing
        case .body:
            try readBody(into: &output)
        case .nothing:
            guard try isBlank() else { throw malformed("stands behind the armor's end") }
        }
    }

    private mutating func readBody(into output: inout [UInt8]) throws(AgeError) {
        guard !line.isEmpty, line.count <= ArmorWriter.columns else {
            throw malformed("is not of 1 to \(ArmorWriter.columns) columns")
        }
        guard let bytes = Base64.decode(line) else {
            throw malformed("is not canonical base64")
        }
        output += bytes
        // Only the last line is shorter, or ends with padding.
        if bytes.count < ArmorWriter.columns / 4 * 3 { expected = .end }
    }

    private mutating func isBlank() throws(AgeError) -> Bool {
        guard line.allSatisfy(\.isWhiteSpace) else { return false }
        blanks += line.count + 1
        guard blanks <= Self.blankLimit else {
            throw malformed("ends more than \(Self.blankLimit) bytes of white space")
        }
        return true
    }

    private func malformed(_ what: String) -> AgeError {
        .armorMalformed("line \(number) \(what)")
    }
}

extension UInt8 {
    /// A blank, a tab, or what ends lines.
    var isWhiteSpace: Bool {
        switch self {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
        default: false
        }
    }
}
