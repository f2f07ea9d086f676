import Vocabulary

/// The stretch of a file that a scalar was read from.
struct ScalarSource: Sendable {
    /// The whole file; shared by all of its scalars.
    let file: String
    /// In Unicode scalars from the beginning of the file.
    let startIndex: Int
    let endIndex: Int
    let start: SourcePlace.Position
    /// Whether an anchor or a tag stands before the scalar, within the stretch.
    let hasProperties: Bool

    func position(
        of inner: SourcePlace.Position, in text: String, style: YAMLScalar.Style
    ) -> SourcePlace.Position {
        let written = Array(
            file.unicodeScalars.dropFirst(startIndex).prefix(max(0, endIndex - startIndex)))
        let decoded = Array(text.unicodeScalars)
        let properties = hasProperties ? Self.lengthOfProperties(in: written) : 0
        var alignment = Alignment(written: Array(written[properties...]), decoded: decoded)
        switch style {
        case .plain: alignment.alignLines(from: 0)
        case .singleQuoted, .doubleQuoted: alignment.alignQuoted(escapes: style == .doubleQuoted)
        case .literal: alignment.alignLiteral()
        case .folded: alignment.alignLines(from: alignment.endOfHeader)
        }
        return position(ofWritten: properties + alignment[inner], in: written)
    }

    private static func lengthOfProperties(in written: [Unicode.Scalar]) -> Int {
        var rest = written[...]
        while let first = rest.first, first == "&" || first == "!" {
            rest = rest.drop { !Alignment.isBlank($0) }.drop { Alignment.isBlank($0) }
        }
        return rest.startIndex
    }

    private func position(
        ofWritten offset: Int, in written: [Unicode.Scalar]
    ) -> SourcePlace.Position {
        var position = start
        for scalar in written.prefix(offset) {
            if scalar == "\n" {
                position.line += 1
                position.column = 1
            } else {
                position.column += 1
            }
        }
        return position
    }
}

/// For each scalar of a decoded text, which scalar of the written form it came from.
struct Alignment {
    let written: [Unicode.Scalar]
    let decoded: [Unicode.Scalar]
    private var origins: [Int] = []

    init(written: [Unicode.Scalar], decoded: [Unicode.Scalar]) {
        self.written = written
        self.decoded = decoded
        origins.reserveCapacity(decoded.count + 1)
    }

    /// The offset in the written form of a 1-based position in the decoded text. A position
    /// behind its end is the end of the written form.
    subscript(position: SourcePlace.Position) -> Int {
        var line = 1
        var column = 1
        for (offset, scalar) in decoded.enumerated() {
            if line == position.line, column == position.column || scalar == "\n" {
                return offset < origins.count ? origins[offset] : endOfContent
            }
            if scalar == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return endOfContent
    }

    private var endOfContent: Int {
        if let last = origins.last, origins.count >= decoded.count, !decoded.isEmpty {
            return min(last + 1, written.count)
        }
        return written.count
    }

    /// Behind the line of `|` or `>`.
    var endOfHeader: Int {
        (written.firstIndex(of: "\n") ?? written.count - 1) + 1
    }

    static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\n"
    }

    /// Line by line: a decoded line is the end of the written one, behind its indentation.
    mutating func alignLiteral() {
        var line = endOfHeader..<endOfLine(from: endOfHeader)
        for decodedLine in decoded.split(separator: "\n", omittingEmptySubsequences: false) {
            let indentation = max(0, line.count - decodedLine.count)
            let first = line.lowerBound + indentation
            origins += decodedLine.indices.map {
                min(first + $0 - decodedLine.startIndex, written.count)
            }
            // The line break, or the end of the text.
            origins.append(min(first + decodedLine.count, written.count))
            let next = min(written.count, nextLine(after: line.upperBound))
            line = next..<endOfLine(from: next)
        }
    }

    /// Word by word: what is not blank stands in both in the same order; blanks and folded line
    /// breaks in the decoded text point behind the word before them.
    mutating func alignLines(from first: Int) {
        var cursor = first
        for scalar in decoded {
            if Self.isBlank(scalar) {
                origins.append(min(cursor, written.count))
                if cursor < written.count, written[cursor] == scalar, scalar != "\n" { cursor += 1 }
            } else {
                while cursor < written.count, Self.isBlank(written[cursor]) { cursor += 1 }
                origins.append(min(cursor, written.count))
                cursor += 1
            }
        }
    }

    /// - Parameter escapes: with a backslash, else only `''`.
    mutating func alignQuoted(escapes: Bool) {
        var cursor = 1
        for scalar in decoded {
            if escapes { skipContinuations(&cursor) }
            guard cursor < written.count else {
                origins.append(written.count)
                continue
            }
            if escapes, written[cursor] == "\\" {
                origins.append(cursor)
                cursor += escapeLength(at: cursor)
            } else if !escapes, written[cursor] == "'" {
                origins.append(cursor)
                cursor += 2
            } else if Self.isBlank(scalar) {
                origins.append(cursor)
                if written[cursor] == scalar, !isFold(at: cursor) { cursor += 1 }
            } else {
                while cursor < written.count, Self.isBlank(written[cursor]) { cursor += 1 }
                origins.append(min(cursor, written.count))
                if escapes, cursor < written.count, written[cursor] == "\\" {
                    cursor += escapeLength(at: cursor)
                } else if !escapes, cursor < written.count, written[cursor] == "'" {
                    cursor += 2
                } else {
                    cursor += 1
                }
            }
        }
    }

    /// A backslash at the end of a line: the line goes on behind the next one's indentation.
    private func skipContinuations(_ cursor: inout Int) {
        while cursor + 1 < written.count, written[cursor] == "\\",
            written[cursor + 1] == "\n" || written[cursor + 1] == "\r"
        {
            cursor += 1
            while cursor < written.count, Self.isBlank(written[cursor]) { cursor += 1 }
        }
    }

    /// Whether the blanks from here on run to the end of a line.
    private func isFold(at cursor: Int) -> Bool {
        let next = written[cursor...].first { $0 != " " && $0 != "\t" }
        return next == "\n" || next == "\r"
    }

    private func escapeLength(at cursor: Int) -> Int {
        guard cursor + 1 < written.count else { return 1 }
        return switch written[cursor + 1] {
        case "x": 4
        case "u": 6
        case "U": 10
        default: 2
        }
    }

    private func endOfLine(from start: Int) -> Int {
        guard start < written.count else { return written.count }
        let end = written[start...].firstIndex(of: "\n") ?? written.count
        return end > start && written[end - 1] == "\r" ? end - 1 : end
    }

    private func nextLine(after end: Int) -> Int {
        guard end < written.count else { return written.count }
        return (written[end...].firstIndex(of: "\n") ?? written.count - 1) + 1
    }
}
