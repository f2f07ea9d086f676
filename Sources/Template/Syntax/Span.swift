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
    /// The position of every so many bytes, so that finding a place does not read all in front.
    private let checkpoints: [SourcePlace.Position]
    private static let interval = 512

    init(_ text: String, _ origin: TextOrigin) {
        let bytes = Array(text.utf8)
        var position = SourcePlace.Position(line: 1, column: 1)
        var checkpoints = [position]
        for start in stride(from: 0, to: bytes.count, by: Self.interval) {
            position.advance(over: bytes[start..<min(start + Self.interval, bytes.count)])
            checkpoints.append(position)
        }
        self.bytes = bytes
        self.origin = origin
        self.checkpoints = checkpoints
    }

    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    func place(_ span: Span) -> SourcePlace {
        origin.place(position(span.start), position(span.end))
    }

    private func position(_ offset: Int) -> SourcePlace.Position {
        let offset = min(offset, bytes.count)
        let checkpoint = offset / Self.interval
        var position = checkpoints[checkpoint]
        position.advance(over: bytes[checkpoint * Self.interval..<offset])
        return position
    }
}

extension SourcePlace.Position {
    /// Columns count Unicode scalars: bytes that continue one do not count.
    fileprivate mutating func advance(over bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
    }
}
