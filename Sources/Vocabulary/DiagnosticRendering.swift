extension Diagnostic {
    /// The diagnostic as a person reads it: message, place, the source line with a caret,
    /// related places, what to do.
    ///
    /// - Parameters:
    ///   - styled: with terminal colours.
    ///   - source: the text of a file by the name its places give it; `nil` where there is none.
    public func rendered(styled: Bool = false, source: (String) -> String?) -> String {
        let paint = Paint(styled: styled)
        var lines = [
            paint.severity("\(severity.rawValue)[\(code.id)]", severity)
                + paint.bold(": \(message)")
        ]
        if let place {
            lines += Self.excerpt(at: place, hint: hint, paint: paint, source: source)
        } else {
            if let subject { lines.append(paint.dim("  --> ") + subject) }
            if let hint { lines.append(paint.dim("  = ") + hint) }
        }
        if place != nil, let subject { lines.append(paint.dim("   = on ") + subject) }
        for other in related {
            lines.append(paint.dim("note") + ": \(other.message)")
            lines += Self.excerpt(at: other.place, hint: nil, paint: paint, source: source)
        }
        if let help { lines.append(paint.dim("   = help: ") + help) }
        return lines.joined(separator: "\n")
    }

    private static func excerpt(
        at place: SourcePlace, hint: String?, paint: Paint, source: (String) -> String?
    ) -> [String] {
        // A file's name may hold anything but a slash.
        let arrow = paint.dim("  --> ") + place.description.visible
        guard let line = source(place.file)?.line(place.line) else {
            return [arrow] + (hint.map { [paint.dim("   = ") + $0] } ?? [])
        }
        let number = String(place.line)
        let margin = String(repeating: " ", count: number.count)
        let scalars = Array(line.unicodeScalars)
        // Tabs stay tabs in front of the caret, so that it stands under what it means.
        let lead = String(
            String.UnicodeScalarView(
                scalars.prefix(max(0, place.column - 1)).map { $0 == "\t" ? "\t" : " " }))
        let missing = max(0, place.column - 1 - scalars.count)
        let end = place.end.line == place.line ? place.end.column : scalars.count + 1
        let width = max(1, min(end, scalars.count + 1) - place.column)
        let caret =
            lead + String(repeating: " ", count: missing) + String(repeating: "^", count: width)
        return [
            arrow,
            paint.dim("\(margin) |"),
            paint.dim("\(number) |") + " \(line.visible)",
            paint.dim("\(margin) |") + " " + paint.severity(caret, .error)
                + (hint.map { " " + $0 } ?? ""),
        ]
    }
}

private struct Paint {
    let styled: Bool

    func bold(_ text: String) -> String { wrap(text, "1") }
    func dim(_ text: String) -> String { wrap(text, "2") }

    func severity(_ text: String, _ severity: Diagnostic.Severity) -> String {
        switch severity {
        case .error: wrap(text, "1;31")
        case .warning: wrap(text, "1;33")
        case .note: wrap(text, "1;36")
        }
    }

    private func wrap(_ text: String, _ style: String) -> String {
        styled && !text.isEmpty ? "\u{1B}[\(style)m\(text)\u{1B}[0m" : text
    }
}

extension String {
    fileprivate func line(_ number: Int) -> String? {
        var current = 1
        // By scalars: as a Character, the end of a Windows line is another one than "\n".
        for line in unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
            if current == number { return String(line.last == "\r" ? line.dropLast() : line) }
            current += 1
        }
        return nil
    }
}

extension StringProtocol {
    /// The text with control characters written out, so that no input can move the cursor,
    /// recolour the terminal or hide in a log. Tabs and printable characters stay.
    public var visible: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x09: result.unicodeScalars.append(scalar)
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
