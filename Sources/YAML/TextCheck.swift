import Vocabulary

/// Bytes as a text that libyaml and people read alike, or where they are not.
///
/// libyaml also ends lines at a lone CR and at U+0085, U+2028 and U+2029, which no editor does:
/// its line numbers would be wrong, so these are refused.
struct TextCheck {
    let file: String
    private var position = SourcePlace.Position(line: 1, column: 1)

    init(file: String) {
        self.file = file
    }

    mutating func text(of bytes: [UInt8]) throws(Diagnostics) -> String {
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        var decoder = Unicode.UTF8()
        var input = bytes.makeIterator()
        var result = ""
        result.unicodeScalars.reserveCapacity(bytes.count)
        var previous: Unicode.Scalar = "\n"
        reading: while true {
            switch decoder.decode(&input) {
            case .emptyInput:
                if previous == "\r" { throw refuse("\r") }
                break reading
            case .error:
                throw problem("the file is not UTF-8 from here on", "save it as UTF-8")
            case .scalarValue(let scalar):
                if previous == "\r", scalar != "\n" { throw refuse("\r") }
                if Self.isRefused(scalar) { throw refuse(scalar) }
                result.unicodeScalars.append(scalar)
                if scalar == "\n" {
                    position.line += 1
                    position.column = 1
                } else if scalar != "\r" {
                    position.column += 1
                }
                previous = scalar
            }
        }
        return result
    }

    private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: false
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
        default: false
        }
    }

    private func refuse(_ scalar: Unicode.Scalar) -> Diagnostics {
        if scalar == "\0" { return problem("a NUL character: the file is not text", nil) }
        if scalar == "\r" {
            return problem(
                "a carriage return that ends no line", "save the file with Unix line ends")
        }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return problem(
            "the invisible character U+\(padded)",
            scalar.value == 0xFEFF ? "remove it" : "remove it, or write `\\u\(padded)` in quotes")
    }

    private func problem(_ message: String, _ hint: String?) -> Diagnostics {
        Diagnostics([
            Diagnostic(
                .notText, message, at: SourcePlace(file: file, start: position), hint: hint)
        ])
    }
}
