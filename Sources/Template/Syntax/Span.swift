import Vocabulary

/// A stretch of a template's text, in UTF-8 offsets; places are computed when one is needed.
struct Span: Sendable, Hashable {
    var start: Int
    var end: Int

    func through(_ other: Span) -> Span { Span(start: start, end: other.end) }
}

/// The text of a template with its origin.
struct Source: Sendable {
    let bytes: [UInt8]
    let origin: TextOrigin

    init(_ text: String, _ origin: TextOrigin) {
        bytes = Array(text.utf8)
        self.origin = origin
    }

    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    func place(_ span: Span) -> SourcePlace {
        origin.place(position(span.start), position(span.end))
    }

    private func position(_ offset: Int) -> SourcePlace.Position {
        var position = SourcePlace.Position(line: 1, column: 1)
        for byte in bytes[..<min(offset, bytes.count)] {
            if byte == UInt8(ascii: "\n") {
                position.line += 1
                position.column = 1
            } else if byte & 0xC0 != 0x80 {
                position.column += 1
            }
        }
        return position
    }
}
