internal import Vocabulary

/// A line of an ssh_config file: a keyword and its arguments, each with its place.
struct SSHConfigLine: Sendable {
    struct Word: Sendable {
        let text: String
        let place: SourcePlace
    }

    let keyword: Word
    let arguments: [Word]

    var place: SourcePlace {
        SourcePlace(
            file: keyword.place.file, start: keyword.place.start,
            end: (arguments.last ?? keyword).place.end)
    }

    /// `nil` for an empty line and a comment.
    static func parse(
        _ line: some Collection<Unicode.Scalar>, number: Int, file: String
    ) throws(Diagnostic) -> SSHConfigLine? {
        var scanner = Scanner(scalars: Array(line), line: number, file: file)
        guard let keyword = scanner.keyword() else { return nil }
        var arguments: [Word] = []
        while let word = try scanner.argument() { arguments.append(word) }
        return SSHConfigLine(keyword: keyword, arguments: arguments)
    }
}

private struct Scanner {
    let scalars: [Unicode.Scalar]
    let line: Int
    let file: String
    private var index = 0

    init(scalars: [Unicode.Scalar], line: Int, file: String) {
        self.scalars = scalars
        self.line = line
        self.file = file
    }

    /// Ends at a space or, as in `Port=22`, at an equals sign, which is passed over.
    mutating func keyword() -> SSHConfigLine.Word? {
        skipSpace()
        guard index < scalars.count, scalars[index] != "#" else { return nil }
        let start = index
        while index < scalars.count, !isSpace(scalars[index]), scalars[index] != "=" {
            index += 1
        }
        let word = word(start, scalars[start..<index])
        skipSpace()
        if index < scalars.count, scalars[index] == "=" { index += 1 }
        return word
    }

    /// A bare or quoted word; `\"` and `\\` stand for themselves in quotes.
    mutating func argument() throws(Diagnostic) -> SSHConfigLine.Word? {
        skipSpace()
        guard index < scalars.count, scalars[index] != "#" else { return nil }
        let start = index
        guard scalars[index] == "\"" else {
            while index < scalars.count, !isSpace(scalars[index]) { index += 1 }
            return word(start, scalars[start..<index])
        }
        index += 1
        var text: [Unicode.Scalar] = []
        while index < scalars.count, scalars[index] != "\"" {
            let isEscape =
                scalars[index] == "\\" && index + 1 < scalars.count
                && (scalars[index + 1] == "\"" || scalars[index + 1] == "\\")
            if isEscape { index += 1 }
            text.append(scalars[index])
            index += 1
        }
        guard index < scalars.count else {
            throw Diagnostic(
                .sshConfiguration, "a quotation mark is not closed", at: place(start, index))
        }
        index += 1
        return word(start, text[...])
    }

    private func word(
        _ start: Int, _ text: ArraySlice<Unicode.Scalar>
    ) -> SSHConfigLine.Word {
        SSHConfigLine.Word(
            text: String(String.UnicodeScalarView(text)), place: place(start, index))
    }

    private func place(_ start: Int, _ end: Int) -> SourcePlace {
        SourcePlace(
            file: file, start: .init(line: line, column: start + 1),
            end: .init(line: line, column: end + 1))
    }

    private mutating func skipSpace() {
        while index < scalars.count, isSpace(scalars[index]) { index += 1 }
    }

    private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\u{C}"
    }
}
