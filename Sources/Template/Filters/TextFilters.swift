import Vocabulary

extension Filter {
    static let textFilters: [Filter] = [
        Filter("upper") { call throws(Problem) in .string(try call.text().uppercased()) },
        Filter("lower") { call throws(Problem) in .string(try call.text().lowercased()) },
        Filter("capitalize") { call throws(Problem) in
            let text = try call.text()
            return .string(text.prefix(1).uppercased() + text.dropFirst().lowercased())
        },
        Filter("string") { call throws(Problem) in .string(try call.text()) },
        Filter("trim", [.optional("chars")]) { call throws(Problem) in
            let text = Array(try call.text().unicodeScalars)
            let characters = try call.argument(0).map { _ throws(Problem) in
                Set(try call.string(0, "").unicodeScalars)
            }
            func isTrimmed(_ scalar: UnicodeScalar) -> Bool {
                characters?.contains(scalar) ?? scalar.properties.isWhitespace
            }
            guard let first = text.firstIndex(where: { !isTrimmed($0) }),
                let last = text.lastIndex(where: { !isTrimmed($0) })
            else { return "" }
            return .string(String(String.UnicodeScalarView(text[first...last])))
        },
        Filter("replace", [.required("old"), .required("new"), .optional("count")]) {
            call throws(Problem) in
            try replaced(call)
        },
        Filter("indent", [.optional("width"), .optional("first"), .optional("blank")]) {
            call throws(Problem) in
            try indented(call)
        },
        Filter("lines") { call throws(Problem) in .list(lines(of: try call.plainString())) },
        Filter("splitlines") { call throws(Problem) in .list(lines(of: try call.plainString())) },
        Filter("split", [.optional("sep")]) { call throws(Problem) in
            .list(try split(try call.plainString(), call))
        },
        Filter("quote") { call throws(Problem) in .string(shellQuoted(try call.text())) },
    ]

    private static func replaced(_ call: Call) throws(Problem) -> Value {
        let bytes = Array(try call.text().utf8)
        let old = Array(try call.string(0, "").utf8)
        let new = try call.string(1, "")
        guard !old.isEmpty else { throw .value("`replace` of an empty text") }
        var left = call.argument(2) == nil ? Int.max : try call.int(2, 0)
        var result = BoundedText(room: call.room)
        var start = 0
        while left > 0, let found = bytes.firstRange(of: old, from: start) {
            try result.append(String(decoding: bytes[start..<found.lowerBound], as: UTF8.self))
            try result.append(new)
            start = found.upperBound
            left -= 1
        }
        try result.append(String(decoding: bytes[start...], as: UTF8.self))
        return .string(result.text)
    }

    /// As Jinja: all lines but the first, and none that is empty, unless told otherwise.
    private static func indented(_ call: Call) throws(Problem) -> Value {
        let text = try call.plainString()
        let width = call.argument(0)?.string ?? nil
        let unit = width ?? " "
        let count = width == nil ? try call.int(0, 4) : 1
        let (first, blank) = (try call.flag(1), try call.flag(2))
        var result = BoundedText(room: call.room)
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            if index > 0 { try result.append("\n") }
            let isIndented = index == 0 ? first : blank || !line.isEmpty
            if isIndented { try result.append(unit, times: count) }
            try result.append(line)
        }
        return .string(result.text)
    }

    private static func lines(of text: String) -> [Value] {
        var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { .string(String($0)) }
    }

    private static func split(_ text: String, _ call: Call) throws(Problem) -> [Value] {
        guard call.argument(0) != nil else {
            return text.unicodeScalars.split { $0.properties.isWhitespace }
                .map { .string(String($0)) }
        }
        let separator = Array(try call.string(0, "").utf8)
        guard !separator.isEmpty else { throw .value("`split` at an empty text") }
        let bytes = Array(text.utf8)
        var parts: [Value] = []
        var start = 0
        while let found = bytes.firstRange(of: separator, from: start) {
            parts.append(.string(String(decoding: bytes[start..<found.lowerBound], as: UTF8.self)))
            start = found.upperBound
        }
        parts.append(.string(String(decoding: bytes[start...], as: UTF8.self)))
        return parts
    }

    /// One word for a POSIX shell, as Python's `shlex.quote` writes it (sh(1), "Single Quotes").
    static func shellQuoted(_ text: String) -> String {
        let safe = text.utf8.allSatisfy {
            $0.isNameStart || $0.isDigit || "@%+=:,./-".utf8.contains($0)
        }
        if safe, !text.isEmpty { return text }
        return "'"
            + text.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\"'\"'") + "'"
    }
}
